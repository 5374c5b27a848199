/** The images that `images` lists, newest first. */
import { candidateNames, lookUpImage } from '@lighter/image/local-images';
import type { Image, Layer, Store } from '@lighter/storage/store-types';
import { parseImageFilters } from './image-filters.ts';

export interface ListedImage {
  readonly id: string;
  readonly names: readonly string[];
  readonly digest: string;
  readonly created: Date;
  /** As it stands in the store. */
  readonly createdText: string;
  /** Bytes of all layers, uncompressed, and of the image's own data. */
  readonly size: number;
  readonly readOnly: boolean;
}

export interface ListOptions {
  /** Intermediate images too: without a name, but with images made from them. */
  readonly all: boolean;
  readonly filters: readonly string[];
  readonly name?: string;
}

/** Throws for a filter that isn't there and a name that nothing has. */
export async function listImages(store: Store, { all, filters, name }: ListOptions): Promise<ListedImage[]> {
  const images = await store.images();
  const layers = new Map((await store.layers()).map((layer) => [layer.id, layer]));
  const accepts = parseImageFilters(filters, images, await store.containers());
  let chosen = images.filter(accepts);
  if (name !== undefined) chosen = await matching(chosen, name);
  else if (!all) chosen = chosen.filter((image) => image.names.length > 0 || !hasChildren(image, images, layers));
  return chosen
    .map((image) => ({
      id: image.id,
      names: image.names,
      digest: image.digest ?? '',
      created: new Date(image.created),
      createdText: image.created,
      size: sizeOf(image, layers),
      readOnly: image.readOnly,
    }))
    .sort((a, b) => b.created.getTime() - a.created.getTime());
}

/** An image by name or id, or all of one repository. */
async function matching(images: readonly Image[], name: string): Promise<Image[]> {
  const names = await candidateNames(name);
  const exact = lookUpImage(images, name, names);
  const repositories = names.map((candidate) => candidate.replace(/:[^:/]*$/, ''));
  const hasTag = name.lastIndexOf(':') > name.lastIndexOf('/');
  const found = images.filter(
    (image) =>
      image === exact ||
      (!hasTag && image.names.some((one) => repositories.some((repository) => one.startsWith(`${repository}:`)))),
  );
  if (found.length === 0) throw new Error(`${name}: image not known`);
  return found;
}

function chain(image: Image, layers: ReadonlyMap<string, Layer>): Layer[] {
  const result: Layer[] = [];
  for (let id = image.layer; id !== undefined; ) {
    const layer = layers.get(id);
    if (!layer || result.includes(layer)) break;
    result.push(layer);
    id = layer.parent;
  }
  return result;
}

function hasChildren(image: Image, images: readonly Image[], layers: ReadonlyMap<string, Layer>): boolean {
  return images.some(
    (other) =>
      other !== image && other.layer !== image.layer && chain(other, layers).some((layer) => layer.id === image.layer),
  );
}

function sizeOf(image: Image, layers: ReadonlyMap<string, Layer>): number {
  const content = chain(image, layers).reduce((sum, layer) => sum + Math.max(0, layer.diffSize ?? 0), 0);
  return content + Object.values(image.itemSizes).reduce((sum, size) => sum + size, 0);
}
