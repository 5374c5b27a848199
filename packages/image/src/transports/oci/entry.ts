/** Which entry of a layout's index an image is. */
import type { Descriptor } from '@lighter/spec/blob';
import { isImageType, isListType } from '@lighter/spec/manifest';
import { ImageError } from '../../errors.ts';
import { REF_NAME, readIndex } from './layout.ts';
import type { OciReference } from './reference.ts';

export interface WantedImage {
  /** Of the layout, for errors. */
  readonly path: string;
  readonly imageName: string | undefined;
  readonly index: number | undefined;
}

export function findEntry(reference: OciReference): Descriptor {
  return chooseEntry(readIndex(reference.path).manifests, reference);
}

/** The entry that a reference names: by name, by place, or the only one. */
export function chooseEntry(manifests: readonly Descriptor[], { path, imageName, index }: WantedImage): Descriptor {
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
