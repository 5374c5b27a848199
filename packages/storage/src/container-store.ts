/** The store's containers: a record, a layer of their own, and folders for whoever made them. */
import { goTime } from '@lighter/spec/go-json';
import { type ContainerTable, type RawContainer, toContainer } from './container-records.ts';
import { StorageError } from './errors.ts';
import { checkId, lookUp, randomId } from './ids.ts';
import { unknownImage } from './image-store.ts';
import { type LayerTable, rawMapping } from './layer-records.ts';
import type { LayerStore } from './layer-store.ts';
import type { StoreParts } from './store-parts.ts';
import type { Container, CreateContainer } from './store-types.ts';

export class ContainerStore {
  readonly #parts: StoreParts;
  readonly #layers: LayerStore;

  constructor(parts: StoreParts, layers: LayerStore) {
    this.#parts = parts;
    this.#layers = layers;
  }

  async all(): Promise<Container[]> {
    return (await this.read()).map(toContainer);
  }

  async read(): Promise<RawContainer[]> {
    const { containers } = this.#parts;
    if (!this.#parts.has('containers')) return [];
    return containers.lock.with(false, () => containers.table().all());
  }

  async find(idOrName: string): Promise<Container> {
    const all = await this.read();
    const found = lookUp(all, idOrName) ?? all.find((container) => container.layer === idOrName);
    if (!found) throw unknownContainer(idOrName);
    return toContainer(found);
  }

  async create(create: CreateContainer): Promise<Container> {
    this.#parts.prepare();
    const { containers } = this.#parts;
    const id = create.id ? checkId(create.id) : randomId();
    const volatile = create.volatile ?? false;
    return this.#layers.deleting((trash) =>
      this.#layers.change(async (table) => {
        const top = create.image === undefined ? undefined : await this.#topLayer(create.image, table);
        return containers.lock.with(true, async (held) => {
          const records = containers.table();
          assertFree(records, id, create.names);
          const layer = this.#layers.createEmpty(table, {
            parent: top?.layer,
            mountLabel: create.mountLabel,
            volatile,
          });
          const container = newContainer(id, top?.image ?? '', layer, create);
          (volatile ? records.volatile : records.stable).push(container);
          try {
            records.save(volatile, held.renewToken);
          } catch (error) {
            await this.#layers.remove(table, [layer], trash);
            throw error;
          }
          return toContainer(container);
        });
      }),
    );
  }

  async setNames(id: string, names: readonly string[]): Promise<void> {
    await this.#change(id, (container, table) => {
      for (const other of table.all()) {
        const taken = other === container ? undefined : other.names?.find((name) => names.includes(name));
        if (taken !== undefined) throw nameInUse(taken, other.id);
      }
      container.names = [...names];
    });
  }

  async setMetadata(id: string, metadata: string): Promise<void> {
    await this.#change(id, (container) => {
      container.metadata = metadata;
    });
  }

  async delete(id: string): Promise<void> {
    const { containers } = this.#parts;
    await this.#layers.deleting((trash) =>
      this.#layers.change((table) =>
        containers.lock.with(true, async (held) => {
          const records = containers.table();
          const container = lookUp(records.all(), id);
          if (!container) throw unknownContainer(id);
          // A crash may have left the record without its layer.
          if (table.get(container.layer)) await this.#layers.remove(table, [container.layer], trash);
          containers.removeDirectories(container.id);
          const volatile = records.isVolatile(container.id);
          records.remove(container.id);
          records.save(volatile, held.renewToken);
        }),
      ),
    );
  }

  async #topLayer(name: string, table: LayerTable): Promise<{ image: string; layer: string | undefined }> {
    const { images } = this.#parts;
    const image = lookUp(await images.lock.with(false, () => images.read()), name);
    if (!image) throw unknownImage(name);
    if (image.layer && !table.get(image.layer))
      throw new StorageError(
        'LAYER_UNKNOWN',
        `layer ${image.layer} of image ${image.id} is missing: pull the image again`,
      );
    return { image: image.id, layer: image.layer };
  }

  async #change(id: string, change: (container: RawContainer, table: ContainerTable) => void): Promise<void> {
    const { containers } = this.#parts;
    await containers.lock.with(true, (held) => {
      const table = containers.table();
      const container = lookUp(table.all(), id);
      if (!container) throw unknownContainer(id);
      change(container, table);
      table.save(table.isVolatile(container.id), held.renewToken);
    });
  }
}

function newContainer(id: string, image: string, layer: string, create: CreateContainer): RawContainer {
  return {
    id,
    ...(create.names.length > 0 ? { names: [...create.names] } : {}),
    image,
    layer,
    ...(create.metadata === undefined ? {} : { metadata: create.metadata }),
    created: goTime(new Date()),
    ...(create.uidMap ? { uidmap: rawMapping(create.uidMap) } : {}),
    ...(create.gidMap ? { gidmap: rawMapping(create.gidMap) } : {}),
    flags: {
      MountLabel: create.mountLabel ?? '',
      ProcessLabel: create.processLabel ?? '',
      ...(create.mountOptions ? { MountOpts: [...create.mountOptions] } : {}),
      ...(create.volatile || create.volatileFlag ? { Volatile: true } : {}),
    },
  };
}

function assertFree(containers: ContainerTable, id: string, names: readonly string[]): void {
  for (const other of containers.all()) {
    if (other.id === id) throw new StorageError('NAME_IN_USE', `container ID ${id} is already in use`);
    const name = other.names?.find((one) => names.includes(one));
    if (name !== undefined) throw nameInUse(name, other.id);
  }
}

function unknownContainer(name: string): StorageError {
  return new StorageError('CONTAINER_UNKNOWN', `${name}: container not known`);
}

function nameInUse(name: string, owner: string): StorageError {
  return new StorageError(
    'NAME_IN_USE',
    `the container name ${JSON.stringify(name)} is already in use by ${owner}. You have to remove that container to be able to reuse that name: that name is already in use`,
  );
}
