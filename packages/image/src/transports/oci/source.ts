/** Reading from an OCI layout. */
import { existsSync, readFileSync, statSync } from 'node:fs';
import type { BlobSource, Descriptor } from '@lighter/spec/blob';
import { type Digest, parseDigest } from '@lighter/spec/digest';
import { isImageType, isListType, MAX_MANIFEST_BYTES } from '@lighter/spec/manifest';
import type { RawManifest } from '@lighter/spec/oci-image';
import { ImageError } from '../../errors.ts';
import { fileBlob } from '../../file-blobs.ts';
import { rawManifest } from '../../raw-manifest.ts';
import type { ImageContext, ImageSource } from '../../types.ts';
import { blobPath, REF_NAME, readIndex } from './layout.ts';
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

/** The entry that a reference names: by name, by place, or the only one. */
export function findEntry({ path, imageName, index }: OciReference): Descriptor {
  const { manifests } = readIndex(path);
  if (index !== undefined) {
    const entry = manifests[index];
    if (!entry)
      throw new ImageError(
        'IMAGE_NOT_FOUND',
        `${path}: index ${index} is out of range, only ${manifests.length} images available`,
      );
    return entry;
  }
  if (imageName === undefined) {
    const [entry] = manifests;
    if (manifests.length !== 1 || !entry)
      throw new ImageError(
        'IMAGE_NOT_FOUND',
        `${path}: more than one image in oci, choose an image (there are ${manifests.length})`,
      );
    return entry;
  }
  const named = manifests.filter((one) => one.annotations?.[REF_NAME] === imageName);
  const entry = named.find(({ mediaType }) => isImageType(mediaType) || isListType(mediaType));
  if (entry) return entry;
  if (named.length > 0)
    throw new ImageError(
      'UNSUPPORTED',
      `reference ${JSON.stringify(imageName)} matches unsupported manifest MIME types ${JSON.stringify(named.map((one) => one.mediaType))}`,
    );
  throw new ImageError('IMAGE_NOT_FOUND', `no descriptor found for reference ${JSON.stringify(imageName)} in ${path}`);
}
