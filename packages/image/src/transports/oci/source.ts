/** Reading from an OCI layout. */
import { existsSync, readFileSync, statSync } from 'node:fs';
import type { BlobSource, Descriptor } from '@lighter/spec/blob';
import { type Digest, parseDigest } from '@lighter/spec/digest';
import { MAX_MANIFEST_BYTES } from '@lighter/spec/manifest';
import type { RawManifest } from '@lighter/spec/oci-image';
import { ImageError } from '../../errors.ts';
import { fileBlob } from '../../file-blobs.ts';
import { rawManifest } from '../../raw-manifest.ts';
import type { ImageContext, ImageSource } from '../../types.ts';
import { findEntry } from './entry.ts';
import { blobPath } from './layout.ts';
import type { OciReference } from './reference.ts';

export function openOciSource(reference: OciReference, _context: ImageContext): ImageSource {
  const entry = findEntry(reference);
  return {
    async manifest(instance?: Digest): Promise<RawManifest> {
      const digest = instance ?? entry.digest;
      const path = blobPath(reference.path, digest);
      if (!existsSync(path)) throw new ImageError('LAYOUT_INVALID', `${reference.path}: blob ${digest} is missing`);
      if (statSync(path).size > MAX_MANIFEST_BYTES)
        throw new ImageError('LIMIT_EXCEEDED', `${path}: manifest exceeds the maximum of ${MAX_MANIFEST_BYTES} bytes`);
      return rawManifest(readFileSync(path), instance === undefined ? entry.mediaType : '', digest);
    },
    async blob({ digest }: Descriptor): Promise<BlobSource> {
      return fileBlob(blobPath(reference.path, parseDigest(digest)));
    },
    async *signatures() {},
    async [Symbol.asyncDispose]() {},
  };
}
