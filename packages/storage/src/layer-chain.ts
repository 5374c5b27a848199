/** Questions about how layers hang together. */
import type { RawContainer } from './container-records.ts';
import { StorageError } from './errors.ts';
import type { RawImage } from './image-records.ts';
import type { LayerTable, RawLayer } from './layer-records.ts';

/** Ids of all layers below one, nearest first. A chain that loops or breaks off is damaged. */
export function parentsOf(table: LayerTable, layer: RawLayer): string[] {
  const parents = new Set<string>();
  for (let { parent } = layer; parent; ) {
    const next = table.get(parent);
    if (!next || parents.has(parent) || parent === layer.id)
      throw new StorageError('RECORD_INVALID', `layer ${layer.id}: parent ${parent} is missing or its own ancestor`);
    parents.add(parent);
    parent = next.parent;
  }
  return [...parents];
}

/** The image's layers from the top down, as far as nothing else needs them. */
export function unusedLayers(
  table: LayerTable,
  image: RawImage,
  others: readonly RawImage[],
  containers: readonly RawContainer[],
): string[] {
  const used = new Set([
    ...others.flatMap((other) => [other.layer, ...(other['mapped-layers'] ?? [])]),
    ...containers.map((container) => container.layer),
  ]);
  const children = new Map<string, number>();
  for (const { parent } of table.all()) if (parent) children.set(parent, (children.get(parent) ?? 0) + 1);
  const doomed: string[] = [];
  const take = (id: string): RawLayer | undefined => {
    const layer = table.get(id);
    if (!layer || used.has(id) || (children.get(id) ?? 0) > 0) return undefined;
    doomed.push(id);
    if (layer.parent) children.set(layer.parent, (children.get(layer.parent) ?? 1) - 1);
    return layer;
  };
  for (const mapped of image['mapped-layers'] ?? []) take(mapped);
  for (let id = image.layer; id; ) id = take(id)?.parent;
  return doomed;
}

/** Throws IN_USE with the reason why a layer must stay. */
export function assertLayerFree(
  table: LayerTable,
  id: string,
  images: readonly RawImage[],
  containers: readonly RawContainer[],
): void {
  const reason = table.all().some((layer) => layer.parent === id)
    ? 'layer has children'
    : images.some((image) => image.layer === id || image['mapped-layers']?.includes(id))
      ? 'layer is in use by an image'
      : containers.some((container) => container.layer === id)
        ? 'layer is in use by a container'
        : undefined;
  if (reason) throw new StorageError('IN_USE', `layer ${id}: ${reason}`);
}
