/** Writing an image into a registry: blobs first, the manifest last. */
import { createHash } from 'node:crypto';
import type { BlobSource, Descriptor } from '@lighter/spec/blob';
import type { Digest } from '@lighter/spec/digest';
import { mediaTypes } from '@lighter/spec/media-types';
import type { RawManifest } from '@lighter/spec/oci-image';
import { ImageError } from '../../errors.ts';
import type { RegistryClient } from '../../registry/client.ts';
import type { ImageContext, ImageDestination, ImageReference, PutBlobOptions, StoredBlob } from '../../types.ts';
import { connect } from './connect.ts';
import { DockerReference } from './reference.ts';

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
  ];
  readonly layerCompression = 'compress';
  readonly concurrentBlobs = true;
  readonly #client: RegistryClient;
  readonly #reference: DockerReference;

  constructor(client: RegistryClient, reference: DockerReference) {
    this.#client = client;
    this.#reference = reference;
  }

  /** In the repository itself, else taken over from the source's when it is in the same registry. */
  async reuse({ digest, size }: Descriptor, { source }: { source?: ImageReference }): Promise<StoredBlob | undefined> {
    if ((await this.#client.hasBlob(digest)) !== undefined) return { digest, size };
    if (!(source instanceof DockerReference) || source.reference.domain !== this.#reference.reference.domain)
      return undefined;
    const from = source.reference.path;
    if (from === this.#reference.reference.path) return undefined;
    return (await this.#client.mountBlob(digest, from).catch(() => false)) ? { digest, size } : undefined;
  }

  async putBlob(
    blob: BlobSource,
    descriptor: { readonly digest?: Digest; readonly size: number },
    { signal, onProgress }: PutBlobOptions,
  ): Promise<StoredBlob> {
    const hash = createHash('sha256');
    let size = 0;
    const counted = (async function* () {
      for await (const chunk of blob.stream(signal)) {
        hash.update(chunk);
        size += chunk.length;
        onProgress?.(size);
        yield chunk;
      }
    })();
    const finished = (): Digest => {
      const digest = `sha256:${hash.digest('hex')}` as Digest;
      if (descriptor.digest !== undefined && digest !== descriptor.digest) {
        throw new ImageError('DIGEST_MISMATCH', `Digest did not match, expected ${descriptor.digest}, got ${digest}`);
      }
      stored = { digest, size };
      return digest;
    };
    let stored: StoredBlob | undefined;
    await this.#client.uploadBlob(counted, descriptor.size, finished);
    return stored as unknown as StoredBlob;
  }

  async putManifest(manifest: RawManifest, instance?: Digest): Promise<void> {
    const { tag, digest } = this.#reference.reference;
    await this.#client.putManifest(instance ?? digest ?? tag ?? 'latest', manifest);
  }

  async commit(): Promise<void> {}

  async [Symbol.asyncDispose](): Promise<void> {}
}
