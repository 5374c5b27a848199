/** Reading an image from a registry or one of its mirrors. */
import type { BlobSource, Descriptor } from '@lighter/spec/blob';
import { type Digest, isDigest } from '@lighter/spec/digest';
import type { RawManifest } from '@lighter/spec/oci-image';
import { ImageError } from '../../errors.ts';
import type { RegistryClient } from '../../registry/client.ts';
import type { ImageContext, ImageSource } from '../../types.ts';
import { type Connection, connectForReading } from './connect.ts';
import type { DockerReference } from './reference.ts';

/** The first place whose manifest can be read serves everything. */
export async function openDockerSource(reference: DockerReference, context: ImageContext): Promise<ImageSource> {
  const connections = await connectForReading(reference, context);
  const failures: Error[] = [];
  for (const connection of connections) {
    try {
      return new DockerSource(connection.client, await readManifest(connection));
    } catch (error) {
      context.signal?.throwIfAborted();
      failures.push(error as Error);
    }
  }
  const last = failures.at(-1) as ImageError;
  if (failures.length === 1) throw last;
  const others = failures
    .slice(0, -1)
    .map((failure) => failure.message)
    .join('; ');
  throw new ImageError(last.code ?? 'REGISTRY_ERROR', `${last.message} (Mirrors also failed: ${others})`, {
    cause: last,
    status: last.status,
  });
}

function readManifest({ client, reference }: Connection): Promise<RawManifest> {
  return client.manifest(reference.digest ?? reference.tag ?? 'latest', reference.digest);
}

class DockerSource implements ImageSource {
  readonly #client: RegistryClient;
  readonly #manifest: RawManifest;

  constructor(client: RegistryClient, manifest: RawManifest) {
    this.#client = client;
    this.#manifest = manifest;
  }

  async manifest(instance?: Digest): Promise<RawManifest> {
    if (instance === undefined || instance === this.#manifest.digest) return this.#manifest;
    return this.#client.manifest(instance, instance);
  }

  blob({ digest, size }: Descriptor): Promise<BlobSource> {
    if (!isDigest(digest)) throw new ImageError('MANIFEST_INVALID', `invalid digest ${JSON.stringify(digest)}`);
    return this.#client.blob(digest, size);
  }

  /** Signatures are looked for once a policy can ask for them. */
  async *signatures(): AsyncGenerator<Uint8Array> {}

  async [Symbol.asyncDispose](): Promise<void> {}
}
