/** Mounting containers' and layers' file systems, counted together with all other tools. */
import type { ContainerStore } from './container-store.ts';
import { StorageError } from './errors.ts';
import { lookUp } from './ids.ts';
import { parentsOf } from './layer-chain.ts';
import type { LayerStore } from './layer-store.ts';
import type { StoreParts } from './store-parts.ts';
import type { MountOptions } from './store-types.ts';

export class Mounting {
  readonly #parts: StoreParts;
  readonly #layers: LayerStore;
  readonly #containers: ContainerStore;

  constructor(parts: StoreParts, layers: LayerStore, containers: ContainerStore) {
    this.#parts = parts;
    this.#layers = layers;
    this.#containers = containers;
  }

  /** storage.lock is held, as by the Go tools: nobody may put the home on top of itself after we have looked. */
  async mount(id: string, { readOnly = false, options }: MountOptions = {}): Promise<string> {
    this.#parts.prepare();
    const container = lookUp(await this.#containers.read(), id);
    const { counts, driver, settings } = this.#parts;
    return this.#parts.graphLock.with(true, () =>
      this.#layers.change((table) => {
        const raw = lookUp(table.all(), container?.layer ?? id);
        if (!raw) throw new StorageError('LAYER_UNKNOWN', `${id}: layer not known`);
        return counts.mount(
          raw.id,
          () => driver.isMounted(raw.id),
          () =>
            driver.mount({
              id: raw.id,
              parents: parentsOf(table, raw),
              readOnly,
              volatile: container?.flags?.['Volatile'] === true && !settings.disableVolatile,
              options: options ?? (container?.flags?.['MountOpts'] as string[] | undefined),
              label: raw.mountlabel,
            }),
        );
      }),
    );
  }

  async unmount(id: string, force: boolean): Promise<boolean> {
    const container = lookUp(await this.#containers.read(), id);
    const { counts, driver } = this.#parts;
    return this.#layers.change((table) => {
      const raw = lookUp(table.all(), container?.layer ?? id);
      if (!raw) throw new StorageError('LAYER_UNKNOWN', `${id}: layer not known`);
      return counts.unmount(raw.id, force, () => driver.unmount(raw.id));
    });
  }
}
