/** Writing one image as a `docker save` archive. */
import { statSync } from 'node:fs';
import { digestAlgorithm } from '@lighter/spec/digest';
import { parseManifest } from '@lighter/spec/manifest';
import { mediaTypes } from '@lighter/spec/media-types';
import type { Reference } from '@lighter/spec/reference';
import { ImageError } from '../../errors.ts';
import type { ImageContext, ImageDestination } from '../../types.ts';
import { DockerArchiveWriter } from './archive-writer.ts';
import { type DockerArchiveReference, parseTagged } from './reference.ts';

export function createDockerArchive(
  { path, reference, index }: DockerArchiveReference,
  { temporaryDirectory, additionalTags = [] }: ImageContext,
): ImageDestination {
  if (index !== undefined)
    throw new ImageError('REFERENCE_INVALID', `Destination reference must not contain a manifest index @${index}`);
  assertNewArchive(path);
  const names = [...(reference ? [reference] : []), ...additionalTags.map(parseTagged)];
  const writer = new DockerArchiveWriter(path, { temporaryDirectory });
  return {
    ...dockerArchiveDestination(writer, () => names),
    async commit() {
      await writer.finish();
    },
    async [Symbol.asyncDispose]() {
      writer[Symbol.dispose]();
    },
  };
}

/** A file that has something in it is left alone. */
export function assertNewArchive(path: string): void {
  const status = statSync(path, { throwIfNoEntry: false });
  if (status?.isFile() && status.size > 0)
    throw new ImageError('UNSUPPORTED', `${path}: docker-archive doesn't support modifying existing images`);
}

/** One image of an archive that may get more; its commit adds the image, and whoever made the writer finishes it. */
export function dockerArchiveDestination(
  writer: DockerArchiveWriter,
  names: () => readonly Reference[],
): ImageDestination {
  return {
    manifestTypes: [mediaTypes.dockerManifest],
    layerCompression: 'decompress',
    concurrentBlobs: false,
    async reuse({ digest }) {
      const size = writer.layer(digest);
      return size === undefined ? undefined : { digest, size };
    },
    async putBlob(blob, descriptor, options) {
      const stream = blob.stream(options.signal);
      if (options.isConfig && descriptor.digest) {
        const chunks: Uint8Array[] = [];
        for await (const chunk of stream) chunks.push(chunk);
        const bytes = Buffer.concat(chunks);
        writer.addConfig(descriptor.digest, bytes);
        return { digest: descriptor.digest, size: bytes.length };
      }
      const { signal, onProgress } = options;
      const added = await writer.addLayer(stream, {
        ...(signal ? { signal } : {}),
        ...(onProgress ? { onProgress } : {}),
      });
      const { digest } = descriptor;
      if (digest !== undefined && digestAlgorithm(digest) === 'sha256' && digest !== added.digest)
        throw new ImageError('DIGEST_MISMATCH', `Digest did not match, expected ${digest}, got ${added.digest}`);
      return added;
    },
    async putManifest(manifest, instance) {
      if (instance !== undefined)
        throw new ImageError('UNSUPPORTED', 'Manifest lists are not supported by docker-archive:');
      writer.addImage(parseManifest(manifest.bytes, manifest.mediaType), names());
    },
    async commit() {},
    async [Symbol.asyncDispose]() {},
  };
}
