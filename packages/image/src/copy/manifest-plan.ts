/** Which types a manifest may get at the destination, in the order to try them (image: copy/manifest.go). */
import { isDockerType, isImageType, isListType, isSchema1Type } from '@lighter/spec/manifest';
import { mediaTypes } from '@lighter/spec/media-types';
import { ImageError } from '../errors.ts';
import type { LayerCompression } from '../manifest/layer-types.ts';

export type ManifestFormat = 'oci' | 'v2s1' | 'v2s2';

const formatTypes: Readonly<Record<ManifestFormat, string>> = {
  oci: mediaTypes.ociManifest,
  v2s1: mediaTypes.dockerSchema1Signed,
  v2s2: mediaTypes.dockerManifest,
};

/** For destinations that take anything. */
const everything = [
  mediaTypes.ociManifest,
  mediaTypes.dockerManifest,
  mediaTypes.dockerSchema1Signed,
  mediaTypes.dockerSchema1,
];

export interface PlanOptions {
  readonly format?: ManifestFormat | undefined;
  /** Compression that was asked for, which not every type can name. */
  readonly compression?: LayerCompression | undefined;
  /** Why the manifest has to stay as it is, if so. */
  readonly fixed?: string | undefined;
}

/** Types for one image's manifest, the preferred first. Throws UNSUPPORTED when there is none. */
export function manifestPlan(own: string, accepted: readonly string[], options: PlanOptions): string[] {
  const { format, compression, fixed } = options;
  const named = accepted.filter((type) => isImageType(type) || isSchema1Type(type));
  const takes = accepted.length === 0 ? everything : named;
  const forced = format && formatTypes[format];
  if (forced && accepted.length > 0 && !takes.includes(forced))
    throw new ImageError('UNSUPPORTED', `the destination takes no manifests of type ${forced}`);
  const possible = (forced ? [forced] : takes).filter(
    (type) => compression !== 'zstd' || type === mediaTypes.ociManifest,
  );
  if (possible.length === 0) {
    throw new ImageError(
      'UNSUPPORTED',
      forced
        ? `compression using ${compression} required together with format ${forced}, which does not support it`
        : `compression using ${compression} required, and the destination takes no manifests that support it`,
    );
  }
  // It is sent as it is, in the hope that the destination takes it.
  if (fixed !== undefined) return [own];
  const preferred = [own, mediaTypes.dockerManifest, mediaTypes.dockerSchema1Signed, ...possible];
  return [...new Set(preferred.filter((type) => possible.includes(type)))];
}

/** Types for a list, the preferred first. */
export function listPlan(own: string, accepted: readonly string[], options: PlanOptions): string[] {
  const lists =
    accepted.length === 0 ? [mediaTypes.ociIndex, mediaTypes.dockerManifestList] : accepted.filter(isListType);
  const { format, fixed } = options;
  const forced = format && (format === 'oci' ? mediaTypes.ociIndex : mediaTypes.dockerManifestList);
  const plan = forced ? [forced] : [...new Set([own, ...lists].filter((type) => lists.includes(type)))];
  if (fixed !== undefined && plan[0] !== own) {
    throw new ImageError(
      'UNSUPPORTED',
      `Manifest list must be converted to type ${JSON.stringify(plan[0])} to be written to destination, but we cannot modify it: ${JSON.stringify(fixed)}`,
    );
  }
  return fixed === undefined ? plan : [own];
}

/** Whether a layer in this form can be named by a manifest of this type. */
export function canName(type: string, compression: LayerCompression): boolean {
  return compression !== 'zstd' || !(isDockerType(type) || isSchema1Type(type));
}
