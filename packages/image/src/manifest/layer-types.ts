/** Media types of layers: which kind of layer in which form, and the same in the other format. */
import { mediaTypes } from '@lighter/spec/media-types';
import { ImageError } from '../errors.ts';

export type LayerCompression = 'none' | 'gzip' | 'zstd';

export interface LayerKind {
  readonly format: 'oci' | 'docker';
  /** Not to be distributed by others than its maker (OCI image-spec layer.md, "Non-Distributable Layers"). */
  readonly foreign: boolean;
  readonly compression: LayerCompression;
}

const foreignOci = 'application/vnd.oci.image.layer.nondistributable.v1.tar';
const foreignDocker = 'application/vnd.docker.image.rootfs.foreign.diff.tar';

/** undefined: there is no such type. */
const table: Readonly<Record<string, Readonly<Record<LayerCompression, string | undefined>>>> = {
  oci: { none: mediaTypes.ociLayer, gzip: mediaTypes.ociLayerGzip, zstd: mediaTypes.ociLayerZstd },
  'oci foreign': { none: foreignOci, gzip: `${foreignOci}+gzip`, zstd: `${foreignOci}+zstd` },
  docker: { none: mediaTypes.dockerLayer, gzip: mediaTypes.dockerLayerGzip, zstd: undefined },
  'docker foreign': { none: foreignDocker, gzip: `${foreignDocker}.gzip`, zstd: undefined },
};

/** undefined for what is no layer of an image. zstd of Docker's is read, though never written. */
export function layerKind(mediaType: string): LayerKind | undefined {
  if (mediaType === mediaTypes.dockerLayerZstd) return { format: 'docker', foreign: false, compression: 'zstd' };
  for (const [row, types] of Object.entries(table)) {
    for (const [compression, type] of Object.entries(types)) {
      if (type !== mediaType) continue;
      return {
        format: row.startsWith('oci') ? 'oci' : 'docker',
        foreign: row.endsWith('foreign'),
        compression: compression as LayerCompression,
      };
    }
  }
  return undefined;
}

/** Throws COMPRESSION_UNSUPPORTED where the format has no such type. */
export function layerTypeOf({ format, foreign, compression }: LayerKind): string {
  const type = table[foreign ? `${format} foreign` : format]?.[compression];
  if (type !== undefined) return type;
  throw new ImageError(
    'COMPRESSION_UNSUPPORTED',
    `${compression} compression is not supported for ${format} images${format === 'docker' ? ': use --format oci' : ''}`,
  );
}

export function isEncryptedLayer(mediaType: string): boolean {
  return mediaType.endsWith('+encrypted');
}
