/** Layers as archives. Image layers never change, so that no lock is held while their bytes flow. */
import { existsSync } from 'node:fs';
import { StorageError } from './errors.ts';
import { checkId, lookUp } from './ids.ts';
import { parentsOf } from './layer-chain.ts';
import type { LayerTable, RawLayer } from './layer-records.ts';
import type { LayerStore } from './layer-store.ts';
import type { StoreParts } from './store-parts.ts';
import type { Change, Container, DiffTarOptions } from './store-types.ts';

export class LayerExport {
  readonly #parts: StoreParts;
  readonly #layers: LayerStore;

  constructor(parts: StoreParts, layers: LayerStore) {
    this.#parts = parts;
    this.#layers = layers;
  }

  async *layerTar(id: string, signal?: AbortSignal): AsyncGenerator<Uint8Array> {
    const table = await this.#layers.read();
    const raw = lookUp(table.all(), id);
    if (!raw) throw new StorageError('LAYER_UNKNOWN', `${id}: layer not known`);
    const tarSplit = this.#parts.layers.tarSplitPath(raw.id);
    if (!existsSync(tarSplit)) return yield* this.#diff(table, raw, signal);
    const { reassemble } = await import('@lighter/archive/tar-split/reassemble');
    yield* reassemble(tarSplit, this.#parts.driver.layout.contents(raw.id), signal);
  }

  async *diffTar(container: Container, signal?: AbortSignal, options?: DiffTarOptions): AsyncGenerator<Uint8Array> {
    const table = await this.#layers.read();
    yield* this.#diff(table, layerOf(table, container), signal, options);
  }

  async changes(container: Container): Promise<Change[]> {
    const table = await this.#layers.read();
    const raw = layerOf(table, container);
    const { layout } = this.#parts.driver;
    const below = parentsOf(table, raw).flatMap((parent) => layout.contents(parent));
    const { overlayChanges } = await import('./overlay/changes.ts');
    return overlayChanges(layout.contents(raw.id), below);
  }

  async size(container: Container): Promise<number> {
    const { treeSize } = await import('./overlay/changes.ts');
    return treeSize(this.#parts.driver.layout.contents(checkId(container.layer)));
  }

  async *#diff(
    table: LayerTable,
    raw: RawLayer,
    signal: AbortSignal | undefined,
    options: DiffTarOptions = {},
  ): AsyncGenerator<Uint8Array> {
    const { overlayDiff } = await import('@lighter/archive/overlay-diff');
    const { layout } = this.#parts.driver;
    yield* overlayDiff(layout.contents(raw.id)[0] as string, {
      lower: parentsOf(table, raw).flatMap((parent) => layout.contents(parent)),
      userNamespace: this.#parts.userNamespace,
      ...options,
      ...(signal ? { signal } : {}),
    });
  }
}

function layerOf(table: LayerTable, { id, layer }: Container): RawLayer {
  const raw = table.get(layer);
  if (!raw) throw new StorageError('LAYER_UNKNOWN', `layer ${layer} of container ${id} is missing`);
  return raw;
}
