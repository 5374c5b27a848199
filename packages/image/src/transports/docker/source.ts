/** Reading an image from a registry or one of its mirrors. */
import type { BlobSource, Descriptor } from '@lighter/spec/blob';
import { type Digest, isDigest } from '@lighter/spec/digest';
import type { RawManifest } from '@lighter/spec/oci-image';
import { formatReference } from '@lighter/spec/reference';
import { type BlobCache, blobCache } from '../../blob-cache/blob-cache.ts';
import { ImageError } from '../../errors.ts';
import type { RegistryClient } from '../../registry/client.ts';
import type { ImageContext, ImageSource } from '../../types.ts';
import { readingEndpoints } from './connect.ts';
import type { DockerReference } from './reference.ts';

/** The first place whose manifest can be read serves everything. */
export async function openDockerSource(reference: DockerReference, context: ImageContext): Promise<ImageSource> {
  const endpoints = await readingEndpoints(reference, context);
  const failures: { readonly name: string; readonly error: ImageError }[] = [];
  for (const { reference: physical, connect } of endpoints) {
    try {
      const client = connect();
      return new DockerSource(
        client,
        await client.manifest(physical.digest ?? physical.tag ?? 'latest', physical.digest),
        blobCache(context.blobCacheDirectory),
      );
    } catch (error) {
      context.signal?.throwIfAborted();
      failures.push({ name: formatReference(physical), error: error as ImageError });
    }
  }
  const { name, error: last } = failures.pop() as (typeof failures)[number];
  if (failures.length === 0) throw last;
  const others = failures.map(({ name, error }) => `[${name}: ${error.message}]`).join(' ');
  throw new ImageError(last.code ?? 'REGISTRY_ERROR', `(Mirrors also failed: ${others}): ${name}: ${last.message}`, {
    cause: last,
    status: last.status,
  });
}

class DockerSource implements ImageSource {
  readonly #client: RegistryClient;
  readonly #manifest: RawManifest;
  readonly #cache: BlobCache;

  constructor(client: RegistryClient, manifest: RawManifest, cache: BlobCache) {
    this.#client = client;
    this.#manifest = manifest;
    this.#cache = cache;
  }

  async manifest(instance?: Digest): Promise<RawManifest> {
    if (instance === undefined || instance === this.#manifest.digest) return this.#manifest;
    return this.#client.manifest(instance, instance);
  }

  blob({ digest, size, urls = [] }: Descriptor): Promise<BlobSource> {
    if (!isDigest(digest)) throw new ImageError('MANIFEST_INVALID', `invalid digest ${JSON.stringify(digest)}`);
    const { domain, path } = this.#client;
    this.#cache.learn({ kind: 'location', registry: domain, digest, repository: path });
    const addresses = urls.filter((url) => /^https?:/.test(url));
    return addresses.length > 0 ? this.#foreignBlob(addresses, digest, size) : this.#client.blob(digest, size);
  }

  /** Whoever made the layer keeps it, and is asked without credentials; registries may have it all the same. */
  async #foreignBlob(urls: readonly string[], digest: Digest, size: number): Promise<BlobSource> {
    const own = await this.#client.blob(digest, size);
    const expected = size >= 0 ? { size } : {};
    return {
      ...expected,
      async *stream(signal) {
        const { openRecipe } = await import('@lighter/archive/recipe');
        for (const url of urls) {
          const bytes = openRecipe({ kind: 'http', url, headers: {}, retries: 1, ...expected }, signal);
          const chunks = bytes[Symbol.asyncIterator]();
          const first = await chunks.next().catch(() => undefined);
          if (!first) continue;
          for (let next = first; !next.done; next = await chunks.next()) yield next.value;
          return;
        }
        signal?.throwIfAborted();
        yield* own.stream(signal);
      },
    };
  }

  /** Signatures are looked for once a policy can ask for them. */
  async *signatures(): AsyncGenerator<Uint8Array> {}

  async [Symbol.asyncDispose](): Promise<void> {}
}
