/** The images that `podman images` lists. */
import { parseTime } from '@lighter/cli/time';
import { candidateNames, lookUpImage } from '@lighter/image/local-images';
import type { Image, Layer, Store } from '@lighter/storage/store-types';

export interface ListedImage {
  readonly image: Image;
  /** Bytes of the image's data and of all its layers, uncompressed. */
  readonly size: number;
  readonly created: Date;
  readonly containers: number;
}

export async function listImages(
  store: Store,
  { all, filters, name }: { all: boolean; filters: readonly string[]; name?: string },
): Promise<ListedImage[]> {
  const images = await store.images();
  const layers = new Map((await store.layers()).map((layer) => [layer.id, layer]));
  const containers = await store.containers();
  const accepts = filters.map((filter) => parseFilter(filter, images));
  const found = name === undefined ? undefined : lookUpImage(images, name, await candidateNames(name));
  return images
    .filter((image) =>
      name === undefined
        ? all || image.names.length > 0 || !isIntermediate(image, images, layers)
        : image === found || inRepository(image, name),
    )
    .filter((image) => accepts.every((accept) => accept(image)))
    .map((image) => ({
      image,
      size: imageSize(image, layers),
      created: new Date(image.created),
      containers: containers.filter((container) => container.image === image.id).length,
    }))
    .sort((a, b) => b.created.getTime() - a.created.getTime());
}

/** An image without a name on whose layer another image is built. */
function isIntermediate(image: Image, images: readonly Image[], layers: ReadonlyMap<string, Layer>): boolean {
  if (image.layer === undefined) return false;
  const parents = new Set(images.flatMap((other) => (other === image ? [] : ancestors(other.layer, layers))));
  return parents.has(image.layer);
}

function ancestors(id: string | undefined, layers: ReadonlyMap<string, Layer>): string[] {
  const result: string[] = [];
  for (let layer = layers.get(id ?? ''); layer?.parent; layer = layers.get(layer.parent)) result.push(layer.parent);
  return result;
}

function inRepository(image: Image, name: string): boolean {
  return image.names.some((one) => one.replace(/[:@][^/]*$/, '').endsWith(`/${name}`));
}

export function imageSize(image: Image, layers: ReadonlyMap<string, Layer>): number {
  let size = Object.values(image.itemSizes).reduce((sum, item) => sum + item, 0);
  for (let layer = layers.get(image.layer ?? ''); layer; layer = layers.get(layer.parent ?? ''))
    size += Math.max(0, layer.diffSize ?? 0);
  return size;
}

type Filter = (image: Image) => boolean;

function parseFilter(text: string, images: readonly Image[]): Filter {
  const equals = text.indexOf('=');
  const key = equals < 0 ? text : text.slice(0, equals);
  const value = equals < 0 ? '' : text.slice(equals + 1);
  const other = () => {
    const found = images.find(
      (image) =>
        image.id.startsWith(value) ||
        image.names.some((name) => name === value || name.endsWith(`/${value}`) || name.endsWith(`/${value}:latest`)),
    );
    if (!found) throw new Error(`could not find local image ${JSON.stringify(value)} for the filter ${key}`);
    return Date.parse(found.created);
  };
  switch (key) {
    case 'dangling':
      return (image) => (image.names.length === 0) === (value !== 'false');
    case 'reference': {
      const pattern = new RegExp(
        `(^|/)${value
          .replace(/[.+^${}()|[\]\\]/g, '\\$&')
          .replaceAll('*', '[^/]*')
          .replaceAll('?', '[^/]')}(:[^:/]*)?$`,
      );
      return (image) => image.names.some((name) => pattern.test(name));
    }
    case 'id':
      return (image) => image.id.startsWith(value);
    case 'digest':
      return (image) =>
        image.digests.some((digest) => digest.startsWith(value) || digest.slice('sha256:'.length).startsWith(value));
    case 'readonly':
      return (image) => image.readOnly === (value !== 'false');
    case 'before': {
      const time = other();
      return (image) => Date.parse(image.created) < time;
    }
    case 'since':
    case 'after': {
      const time = other();
      return (image) => Date.parse(image.created) > time;
    }
    case 'until': {
      const time = parseTime(value, 'before').getTime();
      return (image) => Date.parse(image.created) < time;
    }
    default:
      throw new Error(`${JSON.stringify(key)} is an invalid filter, or one that is not built yet`);
  }
}
