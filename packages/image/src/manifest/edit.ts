/** Manifests with other layers or in the other format: OCI (image-spec manifest.md) and Docker schema 2. */
import type { Descriptor } from '@lighter/spec/blob';
import { goJson, sortedKeys } from '@lighter/spec/go-json';
import { isDockerType } from '@lighter/spec/manifest';
import { mediaTypes } from '@lighter/spec/media-types';
import type { ImageManifest } from '@lighter/spec/oci-image';
import { ImageError } from '../errors.ts';
import type { CopiedLayer } from './copied-layer.ts';
import { dockerDescriptor, ociDescriptor } from './descriptor.ts';
import { isEncryptedLayer, layerKind, layerTypeOf } from './layer-types.ts';

/** Whether the configuration says that this is an image to run, and not any other artifact. */
export function isRunnable({ config }: ImageManifest): boolean {
  return config.mediaType === mediaTypes.ociConfig || config.mediaType === mediaTypes.dockerConfig;
}

/** The layer in a manifest of type `target`. */
export function editedLayer(layer: Descriptor, copied: CopiedLayer, target: string): Descriptor {
  const { urls: _urls, ...rest } = layer;
  return {
    ...rest,
    ...(copied.keptElsewhere && layer.urls ? { urls: layer.urls } : {}),
    mediaType: typeIn(target, layer.mediaType, copied),
    digest: copied.digest,
    size: copied.size,
  };
}

function typeIn(target: string, mediaType: string, { compression }: CopiedLayer): string {
  const format = isDockerType(target) ? 'docker' : 'oci';
  const kind = layerKind(mediaType);
  // Docker's type for zstd is read only.
  if (kind && kind.format === format && compression === undefined && mediaType !== mediaTypes.dockerLayerZstd)
    return mediaType;
  if (kind) return layerTypeOf({ ...kind, format, compression: compression ?? kind.compression });
  if (format === 'oci' && compression === undefined && !mediaType.startsWith('application/vnd.docker.'))
    return mediaType;
  const why = isEncryptedLayer(mediaType) ? 'Encrypted layers need an OCI manifest' : 'Unknown media type';
  throw new ImageError('UNSUPPORTED', `${why} during manifest conversion: ${JSON.stringify(mediaType)}`);
}

/** Text of a manifest of type `target` with this configuration and these layers. */
export function manifestText(
  original: ImageManifest,
  target: string,
  config: { readonly digest: Descriptor['digest']; readonly size: number },
  layers: readonly Descriptor[],
): string {
  if (isDockerType(target)) {
    if (!isRunnable(original)) throw notAnImage(original);
    return goJson({
      schemaVersion: 2,
      mediaType: target,
      config: dockerDescriptor({ mediaType: mediaTypes.dockerConfig, digest: config.digest, size: config.size }),
      layers: layers.map(dockerDescriptor),
    });
  }
  const { artifactType, subject, annotations } = original;
  const mediaType = isRunnable(original) ? mediaTypes.ociConfig : original.config.mediaType;
  return goJson({
    schemaVersion: 2,
    mediaType: target,
    ...(artifactType ? { artifactType } : {}),
    config: ociDescriptor({ ...original.config, mediaType, digest: config.digest, size: config.size }),
    layers: layers.map(ociDescriptor),
    ...(subject ? { subject: ociDescriptor(subject) } : {}),
    ...(annotations && Object.keys(annotations).length > 0 ? { annotations: sortedKeys(annotations) } : {}),
  });
}

export function notAnImage({ artifactType, config }: ImageManifest): ImageError {
  const type = artifactType || config.mediaType;
  return new ImageError(
    'UNSUPPORTED',
    `unsupported image-specific operation on artifact with type ${JSON.stringify(type)}`,
  );
}
