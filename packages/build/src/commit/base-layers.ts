/** The layers below a working container, as far as a commit needs to know them. */
import { createHash } from 'node:crypto';
import type { MadeLayer } from '@lighter/image/made-image';
import { sha256Digest } from '@lighter/spec/digest';
import type { Container, Layer, Store } from '@lighter/storage/store-types';
import { BuildError } from '../errors.ts';

export interface BaseLayer extends MadeLayer {
  /** Id in the store. */
  readonly id: string;
}

/** Bottom first. */
export async function baseLayers(store: Store, container: Container, signal?: AbortSignal): Promise<BaseLayer[]> {
  const byId = new Map((await store.layers()).map((layer) => [layer.id, layer]));
  const result: BaseLayer[] = [];
  for (let id = byId.get(container.layer)?.parent; id !== undefined; id = byId.get(id)?.parent) {
    const layer = byId.get(id);
    if (!layer) throw new BuildError('STATE_INVALID', `layer ${id} below container ${container.id} is missing`);
    const { diffId, size } = await contentOf(store, layer, signal);
    const stream = (aborted?: AbortSignal) => store.layerTar(layer.id, aborted);
    result.unshift({ id, diffId, size, blob: { size, stream } });
  }
  return result;
}

/** A layer that another tool made without recording its digest is read once. */
async function contentOf(store: Store, { id, diffDigest, diffSize = -1 }: Layer, signal?: AbortSignal) {
  if (diffDigest !== undefined && diffSize >= 0) return { diffId: diffDigest, size: diffSize };
  const hash = createHash('sha256');
  let size = 0;
  for await (const chunk of store.layerTar(id, signal)) {
    hash.update(chunk);
    size += chunk.length;
  }
  return { diffId: sha256Digest(hash.digest('hex')), size };
}
