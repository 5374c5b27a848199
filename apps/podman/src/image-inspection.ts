/** What `podman inspect` shows of an image, in podman's shape. */
import { parseManifest } from '@lighter/spec/manifest';
import { mediaTypes } from '@lighter/spec/media-types';
import type { ImageConfig } from '@lighter/spec/oci-image';
import type { Image, Store } from '@lighter/storage/store-types';
import { imageSize } from './image-list.ts';

export async function inspectImage(store: Store, image: Image): Promise<object> {
  const layers = new Map((await store.layers()).map((layer) => [layer.id, layer]));
  const config = JSON.parse((await store.imageItem(image.id, `sha256:${image.id}`)).toString()) as ImageConfig & {
    docker_version?: string;
  };
  const bytes = await store.imageItem(image.id, 'manifest');
  const declared = (JSON.parse(bytes.toString()) as { mediaType?: string }).mediaType;
  const manifest = parseManifest(bytes, declared ?? mediaTypes.ociManifest);
  const repositories = [...new Set(image.names.map((name) => name.replace(/[:@][^/]*$/, '')))];
  const size = imageSize(image, layers);
  const home = `${store.graphRoot}/${store.driverName}`;
  const lower: string[] = [];
  for (let parent = layers.get(image.layer ?? '')?.parent; parent; parent = layers.get(parent)?.parent)
    lower.push(`${home}/${parent}/diff`);
  return {
    Id: image.id,
    Digest: image.digest ?? '',
    RepoTags: image.names.filter((name) => !name.includes('@')),
    RepoDigests: repositories.flatMap((repository) => image.digests.map((digest) => `${repository}@${digest}`)),
    Parent: '',
    Comment: config.history?.at(-1)?.comment ?? '',
    Created: config.created ?? image.created,
    Config: config.config ?? {},
    Version: config.docker_version ?? '',
    Author: config.author ?? '',
    Architecture: config.architecture,
    Os: config.os,
    Size: size,
    VirtualSize: size,
    GraphDriver: {
      Name: store.driverName,
      Data: {
        ...(lower.length > 0 ? { LowerDir: lower.join(':') } : {}),
        UpperDir: `${home}/${image.layer ?? ''}/diff`,
        WorkDir: `${home}/${image.layer ?? ''}/work`,
      },
    },
    RootFS: { Type: config.rootfs.type, Layers: config.rootfs.diff_ids },
    Labels: config.config?.Labels ?? null,
    Annotations: manifest.annotations ?? {},
    ManifestType: declared ?? mediaTypes.ociManifest,
    User: config.config?.User ?? '',
    History: config.history ?? null,
    NamesHistory: image.namesHistory,
  };
}
