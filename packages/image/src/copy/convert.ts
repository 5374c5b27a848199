/** Manifests and configurations in another format: OCI (image-spec manifest.md) and Docker schema 2. */
import type { BlobSource, Descriptor } from '@lighter/spec/blob';
import { goJson } from '@lighter/spec/go-json';
import { isDockerType, isImageType } from '@lighter/spec/manifest';
import { mediaTypes } from '@lighter/spec/media-types';
import type { ImageConfig, ImageManifest } from '@lighter/spec/oci-image';
import { ImageError } from '../errors.ts';
import { digestOf } from '../raw-manifest.ts';
import type { StoredBlob } from '../types.ts';

const MAX_CONFIG = 4 * 1024 * 1024;

/** Type for the destination: the forced one, the source's if accepted, else the first it takes. */
export function manifestTypeFor(own: string, accepted: readonly string[], format: 'oci' | 'v2s2' | undefined): string {
  const images = accepted.filter(isImageType);
  const forced = format && (format === 'oci' ? mediaTypes.ociManifest : mediaTypes.dockerManifest);
  if (forced) {
    if (accepted.length > 0 && !images.includes(forced))
      throw new ImageError('UNSUPPORTED', `the destination takes no manifests of type ${forced}`);
    return forced;
  }
  if (accepted.length === 0 || images.includes(own)) return own;
  const [first] = images;
  if (!first) throw new ImageError('UNSUPPORTED', `the destination takes no manifests of type ${own}`);
  return first;
}

type LayerCompression = 'none' | 'gzip' | 'zstd';

/** A layer's media type in a manifest of type `target`; unknown types stay as they are where the format is kept. */
export function layerType(mediaType: string, target: string, compression?: LayerCompression): string {
  const known =
    /^application\/vnd\.(?:oci\.image\.layer\.v1\.tar|docker\.image\.rootfs\.diff\.tar)(?:[+.](gzip|zstd))?$/.exec(
      mediaType,
    );
  if (!known) {
    if (mediaType.startsWith('application/vnd.docker.') === isDockerType(target) && compression === undefined)
      return mediaType;
    throw new ImageError('UNSUPPORTED', `Unknown media type during manifest conversion: ${JSON.stringify(mediaType)}`);
  }
  const kind = compression ?? ((known[1] ?? 'none') as LayerCompression);
  if (!isDockerType(target))
    return { none: mediaTypes.ociLayer, gzip: mediaTypes.ociLayerGzip, zstd: mediaTypes.ociLayerZstd }[kind];
  if (kind === 'zstd')
    throw new ImageError('UNSUPPORTED', 'zstd compression is not supported for docker images: use --format oci');
  return { none: mediaTypes.dockerLayer, gzip: mediaTypes.dockerLayerGzip }[kind];
}

/** Text of a manifest with other layers or of another type. */
export function convertedManifest(
  parsed: ImageManifest,
  target: string,
  config: StoredBlob,
  layers: readonly Descriptor[],
): string {
  const docker = isDockerType(target);
  const own = parsed.config.mediaType;
  const isImage = own === mediaTypes.ociConfig || own === mediaTypes.dockerConfig;
  if (docker && !isImage)
    throw new ImageError('UNSUPPORTED', `an artifact of type ${JSON.stringify(own)} can't become a Docker image`);
  const configType = !isImage ? own : docker ? mediaTypes.dockerConfig : mediaTypes.ociConfig;
  const descriptor = ({ mediaType, digest, size, urls, annotations }: Descriptor) =>
    docker
      ? { mediaType, size, digest, ...(urls ? { urls } : {}) }
      : { mediaType, digest, size, ...(urls ? { urls } : {}), ...(annotations ? { annotations } : {}) };
  return goJson({
    schemaVersion: 2,
    mediaType: target,
    ...(parsed.artifactType && !docker ? { artifactType: parsed.artifactType } : {}),
    config: descriptor({ mediaType: configType, digest: config.digest, size: config.size }),
    layers: layers.map(descriptor),
    ...(parsed.subject && !docker ? { subject: parsed.subject } : {}),
    ...(parsed.annotations && !docker ? { annotations: parsed.annotations } : {}),
  });
}

/**
 * A Docker configuration for an OCI manifest holds only what the OCI standard knows, so that its digest changes; the other way
 * round the bytes stay. undefined: nothing to convert.
 */
export async function convertConfig(
  blob: BlobSource,
  config: Descriptor,
  target: string,
  signal?: AbortSignal,
): Promise<{ blob: BlobSource; descriptor: Descriptor } | undefined> {
  if (config.mediaType !== mediaTypes.dockerConfig || isDockerType(target)) return undefined;
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of blob.stream(signal)) {
    size += chunk.length;
    if (size > MAX_CONFIG)
      throw new ImageError('LIMIT_EXCEEDED', `the image configuration exceeds the maximum of ${MAX_CONFIG} bytes`);
    chunks.push(chunk);
  }
  const original = Buffer.concat(chunks);
  const actual = digestOf(original);
  if (actual !== config.digest)
    throw new ImageError('DIGEST_MISMATCH', `Digest did not match, expected ${config.digest}, got ${actual}`);
  const bytes = Buffer.from(goJson(ociConfig(JSON.parse(original.toString()) as ImageConfig)));
  return {
    blob: {
      size: bytes.length,
      async *stream() {
        yield bytes;
      },
    },
    descriptor: { mediaType: mediaTypes.ociConfig, digest: digestOf(bytes), size: bytes.length },
  };
}

const configKeys = [
  'User',
  'ExposedPorts',
  'Env',
  'Entrypoint',
  'Cmd',
  'Volumes',
  'WorkingDir',
  'Labels',
  'StopSignal',
  'ArgsEscaped',
] as const;

/** Keys of the standard, in its order, without empty ones. */
function ociConfig(docker: ImageConfig): object {
  const parameters = Object.fromEntries(
    configKeys.flatMap((key) => {
      const value = docker.config?.[key];
      const empty =
        value === undefined ||
        value === null ||
        value === '' ||
        value === false ||
        (Array.isArray(value) && value.length === 0);
      return empty ? [] : [[key, value]];
    }),
  );
  return {
    ...(docker.created ? { created: docker.created } : {}),
    ...(docker.author ? { author: docker.author } : {}),
    architecture: docker.architecture,
    ...(docker.variant ? { variant: docker.variant } : {}),
    os: docker.os,
    ...(docker['os.version'] ? { 'os.version': docker['os.version'] } : {}),
    config: parameters,
    rootfs: docker.rootfs,
    ...(docker.history ? { history: docker.history } : {}),
  };
}
