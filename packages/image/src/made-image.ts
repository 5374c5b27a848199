/**
 * An image made of parts: layers that a store has, new layers as streams, and a configuration. What commit hands to the copy
 * engine.
 */
import type { BlobSource, Descriptor } from '@lighter/spec/blob';
import type { Digest } from '@lighter/spec/digest';
import { goJson } from '@lighter/spec/go-json';
import { isDockerType } from '@lighter/spec/manifest';
import { mediaTypes } from '@lighter/spec/media-types';
import type { RawManifest } from '@lighter/spec/oci-image';
import { digestOf, rawManifest } from './raw-manifest.ts';
import type { ImageReference, ImageSource } from './types.ts';

/** One layer, uncompressed. */
export interface MadeLayer {
  readonly diffId: Digest;
  /** Bytes, uncompressed. */
  readonly size: number;
  readonly blob: BlobSource;
}

export interface MadeImage {
  /** Media type of the manifest: OCI or Docker schema 2. */
  readonly manifestType: string;
  /** JSON text of the configuration; its diff ids are those of `layers`. */
  readonly config: string;
  readonly layers: readonly MadeLayer[];
  readonly annotations?: Readonly<Record<string, string>>;
}

export function madeImageReference(image: MadeImage): ImageReference {
  return {
    transport: 'made',
    toString: () => 'made:image',
    policyScopes: [],
    open: async () => madeImageSource(image),
    create: () => Promise.reject(new Error('a made image is only read')),
  };
}

function madeImageSource(image: MadeImage): ImageSource {
  const docker = isDockerType(image.manifestType);
  const config = Buffer.from(image.config);
  const configDescriptor = {
    mediaType: docker ? mediaTypes.dockerConfig : mediaTypes.ociConfig,
    digest: digestOf(config),
    size: config.length,
  };
  const layerType = docker ? mediaTypes.dockerLayer : mediaTypes.ociLayer;
  const describe = ({ mediaType, digest, size }: Descriptor) =>
    docker ? { mediaType, size, digest } : { mediaType, digest, size };
  const manifest = rawManifest(
    Buffer.from(
      goJson({
        schemaVersion: 2,
        mediaType: image.manifestType,
        config: describe(configDescriptor),
        layers: image.layers.map(({ diffId, size }) => describe({ mediaType: layerType, digest: diffId, size })),
        ...(image.annotations && Object.keys(image.annotations).length > 0 && !docker
          ? { annotations: image.annotations }
          : {}),
      }),
    ),
    image.manifestType,
  );
  return {
    async manifest(): Promise<RawManifest> {
      return manifest;
    },
    async blob({ digest }: Descriptor): Promise<BlobSource> {
      const layer = image.layers.find((one) => one.diffId === digest);
      if (layer) return layer.blob;
      return {
        size: config.length,
        async *stream() {
          yield config;
        },
      };
    },
    async *signatures() {},
    async [Symbol.asyncDispose]() {},
  };
}
