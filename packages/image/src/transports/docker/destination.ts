/** Writing an image into a registry: blobs first, the manifest last. */
import { createHash } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { BlobSource, Descriptor } from '@lighter/spec/blob';
import { type Digest, digestAlgorithm } from '@lighter/spec/digest';
import { mediaTypes } from '@lighter/spec/media-types';
import type { RawManifest } from '@lighter/spec/oci-image';
import { ImageError } from '../../errors.ts';
import type { RegistryClient } from '../../registry/client.ts';
import type { ImageContext, ImageDestination, PutBlobOptions, ReuseOptions, StoredBlob } from '../../types.ts';
import { connect } from './connect.ts';
import { DockerReference } from './reference.ts';

const MAX_TRIES = 4;
const FIRST_PAUSE = 500;

export async function createDockerDestination(
  reference: DockerReference,
  context: ImageContext,
): Promise<ImageDestination> {
  return new DockerDestination(await connect(reference, 'pull,push', context), reference);
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

  constructor(client: RegistryClient, reference: DockerReference) {
    this.#client = client;
    this.#reference = reference;
  }

  /** From the source's repository where it is in the same registry, else in the repository itself. */
  async reuse({ digest, size }: Descriptor, { source }: ReuseOptions): Promise<StoredBlob | undefined> {
    const other = source instanceof DockerReference ? source.reference : undefined;
    const { domain, path } = this.#reference.reference;
    // One question where two would do: the registry takes the blob over, whether the repository has it or not.
    if (other?.domain === domain && other.path !== path) {
      if (await this.#client.mountBlob(digest, other.path).catch(() => false)) return { digest, size };
    }
    const found = await this.#client.hasBlob(digest);
    return found === undefined ? undefined : { digest, size: size >= 0 ? size : found };
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
    return { digest: digest as Digest, size };
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
