/** The steps that made an image, newest first, with the size of what each added. */
import type { ImageConfig } from '@lighter/spec/oci-image';
import type { Image, Layer, Store } from '@lighter/storage/store-types';

export interface HistoryStep {
  /** Image that ends with this step, where there is one. */
  readonly id: string | undefined;
  readonly tags: readonly string[];
  readonly created: string | undefined;
  readonly createdBy: string;
  readonly comment: string;
  /** Bytes, uncompressed. */
  readonly size: number;
}

export async function imageHistory(store: Store, image: Image): Promise<HistoryStep[]> {
  const config = JSON.parse((await store.imageItem(image.id, `sha256:${image.id}`)).toString()) as ImageConfig;
  const layers = new Map((await store.layers()).map((layer) => [layer.id, layer]));
  const images = await store.images();
  const steps: HistoryStep[] = [];
  let layer: Layer | undefined = layers.get(image.layer ?? '');
  for (const entry of (config.history ?? []).toReversed()) {
    const own = entry.empty_layer ? undefined : layer;
    const first = steps.length === 0;
    // Every image that ends with this layer has the same steps below it.
    const ending = first ? image : own && images.find((other) => other.layer === own.id && other.id !== image.id);
    steps.push({
      id: ending?.id,
      tags: ending?.names ?? [],
      created: entry.created,
      createdBy: entry.created_by ?? '',
      comment: entry.comment ?? '',
      size: Math.max(0, own?.diffSize ?? 0),
    });
    if (own) layer = layers.get(own.parent ?? '');
  }
  return steps;
}
