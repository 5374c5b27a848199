/** Writing an image into a registry: blobs first, the manifest last. */
import { createHash } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { BlobSource, Descriptor } from '@lighter/spec/blob';
import { type Digest, digestAlgorithm } from '@lighter/spec/digest';
import { mediaTypes } from '@lighter/spec/media-types';
import type { RawManifest } from '@lighter/spec/oci-image';
import { type BlobCache, blobCache } from '../../blob-cache/blob-cache.ts';
import { ImageError } from '../../errors.ts';
import type { RegistryClient } from '../../registry/client.ts';
import type { ImageContext, ImageDestination, PutBlobOptions, ReuseOptions, StoredBlob } from '../../types.ts';
import { connect } from './connect.ts';
import { DockerReference } from './reference.ts';

/** Places that are asked whether they have a blob: more would take longer than to send it. */
const MAX_CANDIDATES = 5;
const MAX_TRIES = 4;
const FIRST_PAUSE = 500;

export async function createDockerDestination(
  reference: DockerReference,
  context: ImageContext,
): Promise<ImageDestination> {
  const client = await connect(reference, 'pull,push', context);
  return new DockerDestination(client, reference, blobCache(context.blobCacheDirectory));
}

class DockerDestination implements ImageDestination {
  readonly manifestTypes = [
    mediaTypes.ociManifest,
    mediaTypes.dockerManifest,
    mediaTypes.ociIndex,
    mediaTypes.dockerManifestList,
    mediaTypes.dockerSchema1Signed,
    mediaTypes.dockerSchema1,
  ];
  readonly layerCompression = 'compress';
  readonly concurrentBlobs = true;
  readonly keepsForeignLayers = true;
  readonly #client: RegistryClient;
  readonly #reference: DockerReference;
  readonly #cache: BlobCache;

  constructor(client: RegistryClient, reference: DockerReference, cache: BlobCache) {
    this.#client = client;
    this.#reference = reference;
    this.#cache = cache;
  }

  /**
   * From the source's repository where it is in the same registry, else in the repository itself, else from where it is known
   * to be; at last another blob of the same content.
   */
  async reuse({ digest, size }: Descriptor, options: ReuseOptions): Promise<StoredBlob | undefined> {
    const own = this.#reference.reference;
    const other = options.source instanceof DockerReference ? options.source.reference : undefined;
    // One question where two would do: the registry takes the blob over, whether the repository has it or not.
    const neighbour = other?.domain === own.domain && other.path !== own.path ? other.path : undefined;
    if (neighbour !== undefined && (await this.#mount(digest, neighbour))) return { digest, size };
    const found = await this.#client.hasBlob(digest);
    if (found !== undefined) return this.#found(digest, size >= 0 ? size : found);
    const known = await this.#cache.locations(own.domain, digest);
    for (const path of known.filter((one) => one !== own.path && one !== neighbour).slice(0, MAX_CANDIDATES))
      if (await this.#mount(digest, path)) return { digest, size: size >= 0 ? size : await this.#sizeOf(digest) };
    return options.canSubstitute ? this.#substitute(digest, options) : undefined;
  }

  async #substitute(digest: Digest, { requiredCompression }: ReuseOptions): Promise<StoredBlob | undefined> {
    const own = this.#reference.reference;
    // Only gzip can be named in every manifest.
    const wanted = requiredCompression ?? 'gzip';
    const all = await this.#cache.substitutes(own.domain, digest);
    const fitting = all.filter(({ compressor }) => compressor === wanted).slice(0, MAX_CANDIDATES);
    for (const { digest: candidate, location } of fitting) {
      const size = await this.#client.hasBlob(candidate).catch(() => undefined);
      if (size !== undefined) return { ...this.#found(candidate, size), compression: wanted };
      if (location === undefined || location === own.path) continue;
      if (await this.#mount(candidate, location))
        return { digest: candidate, size: await this.#sizeOf(candidate), compression: wanted };
    }
    return undefined;
  }

  async #mount(digest: Digest, path: string): Promise<boolean> {
    const mounted = await this.#client.mountBlob(digest, path).catch(() => false);
    if (mounted) this.#found(digest, 0);
    return mounted;
  }

  async #sizeOf(digest: Digest): Promise<number> {
    return (await this.#client.hasBlob(digest)) ?? -1;
  }

  /** The next copy in this registry knows where the blob is. */
  #found(digest: Digest, size: number): StoredBlob {
    const { domain, path } = this.#reference.reference;
    this.#cache.learn({ kind: 'location', registry: domain, digest, repository: path });
    return { digest, size };
  }

  async putBlob(
    blob: BlobSource,
    descriptor: { readonly digest?: Digest; readonly size: number },
    options: PutBlobOptions,
  ): Promise<StoredBlob> {
    // What can be read again can be sent again: registries stumble, and connections break off.
    const tries = blob.recipe ? MAX_TRIES : 1;
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#upload(blob, descriptor, options);
      } catch (error) {
        options.signal?.throwIfAborted();
        if (attempt >= tries || !isWorthRepeating(error)) throw error;
        await pause(FIRST_PAUSE * 2 ** attempt, undefined, options.signal ? { signal: options.signal } : {});
      }
    }
  }

  async #upload(
    blob: BlobSource,
    descriptor: { readonly digest?: Digest; readonly size: number },
    { signal, onProgress }: PutBlobOptions,
  ): Promise<StoredBlob> {
    const algorithm = descriptor.digest ? digestAlgorithm(descriptor.digest) : 'sha256';
    const hash = createHash(algorithm);
    let size = 0;
    const passed = (chunk: Uint8Array) => {
      hash.update(chunk);
      size += chunk.length;
      onProgress?.(size);
    };
    const { recipe } = blob;
    const body =
      recipe?.kind === 'file'
        ? async (write: (bytes: Uint8Array) => Promise<void>) => {
            const { pumpFile } = await import('@lighter/archive/recipe');
            await pumpFile(
              recipe,
              (bytes) => {
                passed(bytes);
                return write(bytes);
              },
              signal,
            );
          }
        : (async function* () {
            for await (const chunk of blob.stream(signal)) {
              passed(chunk);
              yield chunk;
            }
          })();
    let digest: Digest | undefined;
    await this.#client.uploadBlob(body, descriptor.size, () => {
      digest = `${algorithm}:${hash.digest('hex')}` as Digest;
      if (descriptor.digest === undefined || digest === descriptor.digest) return digest;
      throw new ImageError('DIGEST_MISMATCH', `Digest did not match, expected ${descriptor.digest}, got ${digest}`);
    });
    return this.#found(digest as unknown as Digest, size);
  }

  async putManifest(manifest: RawManifest, instance?: Digest): Promise<void> {
    const { tag, digest } = this.#reference.reference;
    await this.#client.putManifest(instance ?? digest ?? tag ?? 'latest', manifest);
  }

  async commit(): Promise<void> {}

  async [Symbol.asyncDispose](): Promise<void> {}
}

function isWorthRepeating(error: unknown): boolean {
  if (!(error instanceof ImageError)) return false;
  const { code, status = 0 } = error;
  return code === 'REGISTRY_UNREACHABLE' || status === 429 || (status >= 500 && status <= 504);
}
