/** Reading an image out of a store: layers come uncompressed, put together again from their files. */
import type { BlobSource, Descriptor } from '@lighter/spec/blob';
import type { Digest } from '@lighter/spec/digest';
import { isDockerType, parseManifest } from '@lighter/spec/manifest';
import { mediaTypes } from '@lighter/spec/media-types';
import type { RawManifest } from '@lighter/spec/oci-image';
import type { Layer, Store } from '@lighter/storage/store-types';
import { ImageError } from '../../errors.ts';
import { findLocalImage } from '../../local-images.ts';
import { rawManifest } from '../../raw-manifest.ts';
import type { ImageSource } from '../../types.ts';

export async function openStorageSource(
  text: string,
  { store, own }: { store: Store; own: boolean },
): Promise<ImageSource> {
  try {
    const image = await findLocalImage(store, text);
    const layers = await layerChain(store, image.layer);
    const byDigest = new Map(layers.map((layer) => [layer.diffDigest, layer]));
    const named = /@(sha256:[0-9a-f]{64})$/.exec(text)?.[1];
    return {
      async manifest(instance?: Digest): Promise<RawManifest> {
        const wanted = instance ?? (named && image.items.includes(`manifest-${named}`) ? (named as Digest) : undefined);
        const bytes = await store.imageItem(image.id, wanted === undefined ? 'manifest' : `manifest-${wanted}`);
        return rawManifest(bytes, '', wanted);
      },
      async blob(descriptor: Descriptor): Promise<BlobSource> {
        const layer = byDigest.get(descriptor.digest);
        if (layer) return layerBlob(store, layer);
        const bytes = await store.imageItem(image.id, descriptor.digest);
        return { size: bytes.length, stream: () => single(bytes) };
      },
      async layersForCopy(manifest: RawManifest) {
        const docker = isDockerType(manifest.mediaType);
        const { layers: recorded } = parseManifest(manifest.bytes, manifest.mediaType);
        if (recorded.length !== layers.length) return undefined;
        return layers.map((layer): Descriptor => {
          if (!layer.diffDigest) throw new ImageError('LAYOUT_INVALID', `layer ${layer.id} has no known digest`);
          return {
            mediaType: docker ? mediaTypes.dockerLayer : mediaTypes.ociLayer,
            digest: layer.diffDigest,
            size: layer.diffSize ?? -1,
          };
        });
      },
      async *signatures(instance?: Digest) {
        const key = instance === undefined ? 'signatures' : `signature-${instance.slice('sha256:'.length)}`;
        if (image.items.includes(key))
          yield* splitSignatures(await store.imageItem(image.id, key), image.metadata, instance);
      },
      async [Symbol.asyncDispose]() {
        if (own) await store[Symbol.asyncDispose]();
      },
    };
  } catch (error) {
    if (own) await store[Symbol.asyncDispose]();
    throw error;
  }
}

/** Bottom layer first. */
async function layerChain(store: Store, top: string | undefined): Promise<Layer[]> {
  const layers = new Map((await store.layers()).map((layer) => [layer.id, layer]));
  const chain: Layer[] = [];
  for (let id = top; id !== undefined; ) {
    const layer = layers.get(id);
    if (!layer) throw new ImageError('LAYOUT_INVALID', `layer ${id} is missing from the store: pull the image again`);
    chain.unshift(layer);
    id = layer.parent;
  }
  return chain;
}

function layerBlob(store: Store, layer: Layer): BlobSource {
  return {
    ...(layer.diffSize === undefined || layer.diffSize < 0 ? {} : { size: layer.diffSize }),
    stream: (signal) => store.layerTar(layer.id, signal),
  };
}

async function* single(bytes: Uint8Array) {
  yield bytes;
}

/** Signatures lie one behind the other; the metadata has their sizes. */
function splitSignatures(all: Buffer, metadata: string | undefined, instance: Digest | undefined): Buffer[] {
  const sizes = signatureSizes(metadata, instance);
  if (sizes.reduce((sum, size) => sum + size, 0) !== all.length)
    throw new ImageError('LAYOUT_INVALID', 'the sizes of stored signatures are wrong');
  const ends = sizes.map((_, index) => sizes.slice(0, index + 1).reduce((sum, size) => sum + size, 0));
  return ends.map((end, index) => all.subarray(end - (sizes[index] ?? 0), end));
}

function signatureSizes(metadata: string | undefined, instance: Digest | undefined): number[] {
  const json = JSON.parse(metadata || '{}') as {
    'signature-sizes'?: number[];
    'signatures-sizes'?: Record<string, number[]>;
  };
  return (instance === undefined ? json['signature-sizes'] : json['signatures-sizes']?.[instance]) ?? [];
}
