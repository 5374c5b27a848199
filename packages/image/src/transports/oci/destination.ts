/** Writing into an OCI layout, which may hold other images already. */
import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Descriptor } from '@lighter/spec/blob';
import type { Digest } from '@lighter/spec/digest';
import { mediaTypes } from '@lighter/spec/media-types';
import type { RawManifest } from '@lighter/spec/oci-image';
import { ImageError } from '../../errors.ts';
import { BlobWriter } from '../../file-blobs.ts';
import type { ImageContext, ImageDestination, StoredBlob } from '../../types.ts';
import { blobPath, hasIndex, prepareLayout, REF_NAME, readIndex, withEntry, writeIndex } from './layout.ts';
import type { OciReference } from './reference.ts';

export function createOciDestination(
  { path, imageName, index }: OciReference,
  { acceptUncompressedLayers = false }: ImageContext,
): ImageDestination {
  if (index !== undefined)
    throw new ImageError('REFERENCE_INVALID', `Destination reference must not contain a manifest index @${index}`);
  const made = prepareLayout(path);
  const writer = new BlobWriter(`${path}/blobs`, 'oci-put-blob', (digest) => blobPath(path, digest));
  let entry: Descriptor | undefined;
  let committed = false;
  return {
    manifestTypes: [mediaTypes.ociManifest, mediaTypes.ociIndex],
    layerCompression: acceptUncompressedLayers ? 'preserve' : 'compress',
    concurrentBlobs: true,
    keepsForeignLayers: true,
    async reuse({ digest }: Descriptor): Promise<StoredBlob | undefined> {
      const size = writer.has(digest);
      return size === undefined ? undefined : { digest, size };
    },
    putBlob: (blob, descriptor, options) => writer.put(blob, descriptor, options),
    async putManifest(manifest: RawManifest, instance?: Digest) {
      const target = blobPath(path, manifest.digest);
      mkdirSync(dirname(target), { recursive: true, mode: 0o755 });
      const temporary = `${path}/blobs/oci-put-blob${process.pid}-manifest`;
      writeFileSync(temporary, manifest.bytes, { mode: 0o644, flush: true });
      renameSync(temporary, target);
      if (instance !== undefined) return;
      entry = {
        mediaType: manifest.mediaType,
        digest: manifest.digest,
        size: manifest.bytes.length,
        ...(imageName === undefined ? {} : { annotations: { [REF_NAME]: imageName } }),
      };
    },
    async commit() {
      if (!entry) throw new ImageError('COPY_FAILED', 'no manifest was put');
      const index = hasIndex(path)
        ? readIndex(path)
        : { schemaVersion: 2 as const, mediaType: mediaTypes.ociIndex, manifests: [] };
      writeIndex(path, withEntry(index, entry));
      committed = true;
    },
    async [Symbol.asyncDispose]() {
      await writer[Symbol.asyncDispose]();
      // Blobs without an entry are of no use; those of a layout that was there before may belong to others.
      if (!committed && made) rmSync(path, { recursive: true, force: true });
    },
  };
}
