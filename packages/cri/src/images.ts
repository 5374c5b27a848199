/** Images of the store in the words of the CRI. */
import { create, type MessageInitShape } from '@bufbuild/protobuf';
import type { ImageConfig } from '@lighter/spec/oci-image';
import type { Layer, Store, Image as StoreImage } from '@lighter/storage/store-types';
import type { CriContext } from './context.ts';
import { type Image, ImageSchema } from './generated/runtime_pb.ts';

/** All images with names, sizes and users. */
export async function criImages(context: CriContext): Promise<Image[]> {
  const images = await context.store.images();
  const layers = new Map((await context.store.layers()).map((layer) => [layer.id, layer]));
  const result: Image[] = [];
  for (const image of images) result.push(await criImage(image, layers, context));
  return result;
}

export async function criImage(
  image: StoreImage,
  layers: ReadonlyMap<string, Layer>,
  context: CriContext,
): Promise<Image> {
  const tags = image.names.filter((name) => !name.includes('@'));
  const user = await imageUser(image, context);
  const uid = user === '' ? undefined : /^\d+$/.test(user) ? BigInt(user) : undefined;
  const message: MessageInitShape<typeof ImageSchema> = {
    id: image.id,
    repoTags: tags,
    repoDigests: repositoryDigests(image),
    size: BigInt(imageSize(image, layers)),
    pinned: image.names.some((name) => isPinned(name, context.pinnedImages)),
    spec: { image: tags[0] ?? image.id, annotations: {} },
    // Either a number or a name, as the image's config has it; `user:group` names the user only.
    ...(uid === undefined ? { username: user } : { uid: { value: uid } }),
  };
  return create(ImageSchema, message);
}

/** Every known manifest digest under every repository the image is known by. */
function repositoryDigests(image: StoreImage): string[] {
  const repositories = new Set(image.names.map(repositoryOf));
  const result = new Set(image.names.filter((name) => name.includes('@')));
  for (const repository of repositories) {
    for (const digest of image.digests) result.add(`${repository}@${digest}`);
  }
  return [...result];
}

/** `registry:5000/name` of `registry:5000/name:tag` or `registry:5000/name@sha256:…`. */
function repositoryOf(name: string): string {
  const plain = name.split('@')[0] ?? '';
  const colon = plain.lastIndexOf(':');
  return colon > plain.lastIndexOf('/') ? plain.slice(0, colon) : plain;
}

/** Bytes that all images take: items, and each layer once, uncompressed. */
export async function imagesSize(store: Store): Promise<number> {
  const layers = new Map((await store.layers()).map((layer) => [layer.id, layer]));
  const used = new Map<string, number>();
  let size = 0;
  for (const image of await store.images()) {
    size += Object.values(image.itemSizes).reduce((sum, item) => sum + item, 0);
    for (let layer = layers.get(image.layer ?? ''); layer; layer = layers.get(layer.parent ?? ''))
      used.set(layer.id, Math.max(0, layer.diffSize ?? 0));
  }
  return [...used.values()].reduce((sum, layer) => sum + layer, size);
}

/** Bytes of all items and of all layers, uncompressed. */
function imageSize(image: StoreImage, layers: ReadonlyMap<string, Layer>): number {
  let size = Object.values(image.itemSizes).reduce((sum, item) => sum + item, 0);
  for (let layer = layers.get(image.layer ?? ''); layer; layer = layers.get(layer.parent ?? '')) {
    size += Math.max(0, layer.diffSize ?? 0);
  }
  return size;
}

/** `User` of the image's config without a group; '' when there is none or the config can't be read. */
async function imageUser(image: StoreImage, context: CriContext): Promise<string> {
  const key = image.items.find((item) => item === `sha256:${image.id}`);
  if (!key) return '';
  let config: Partial<ImageConfig>;
  try {
    config = JSON.parse((await context.store.imageItem(image.id, key)).toString());
  } catch {
    return ''; // a damaged image must not hide the others from the kubelet
  }
  const user = config?.config?.User;
  return typeof user === 'string' ? (user.split(':')[0] ?? '') : '';
}

function isPinned(name: string, patterns: readonly string[]): boolean {
  return patterns.some((pattern) => {
    if (pattern.length > 1 && pattern.startsWith('*') && pattern.endsWith('*'))
      return name.includes(pattern.slice(1, -1));
    if (pattern.endsWith('*')) return name.startsWith(pattern.slice(0, -1));
    return name === pattern;
  });
}
