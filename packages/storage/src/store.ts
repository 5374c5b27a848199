/** The store (see {@link Store}): each call takes the locks it needs, re-reads, changes, saves. */
import { mkdirSync, rmSync } from 'node:fs';
import type { WorkerPool } from '@lighter/archive/extract/worker-pool';
import { rootlessUid } from '@lighter/linux/launched';
import { linux } from '@lighter/linux/native';
import type { BlobSource } from '@lighter/spec/blob';
import type { Digest } from '@lighter/spec/digest';
import { goTime } from '@lighter/spec/go-json';
import { ContainerRecords, type ContainerTable, type RawContainer, toContainer } from './container-records.ts';
import { StorageError } from './errors.ts';
import { checkId, lookUp, randomId } from './ids.ts';
import { giveNames, ImageRecords, type RawImage, toImage } from './image-records.ts';
import { isIncomplete, LayerRecords, LayerTable, type RawLayer, rawMapping, toLayer } from './layer-records.ts';
import { MountCounts } from './mount-counts.ts';
import { OverlayDriver } from './overlay/driver.ts';
import { StagedInTempDirectory } from './staged-layer.ts';
import type {
  Change,
  Container,
  CreateContainer,
  DiffTarOptions,
  Image,
  Layer,
  MountOptions,
  PutImage,
  PutLayer,
  StagedLayer,
  StageOptions,
  Store,
} from './store-types.ts';
import { sweepTempDirectories, TempDirectory } from './temp-directories.ts';

export interface StoreSettings {
  readonly graphRoot: string;
  readonly runRoot: string;
  readonly mountOptions: readonly string[];
  readonly skipMountHome: boolean;
  /** `sync=filesystem`: one syncfs before layers are published. */
  readonly syncFilesystem: boolean;
  readonly disableVolatile: boolean;
  readonly options: Readonly<Record<string, string>>;
}

export class OverlayStore implements Store {
  readonly graphRoot: string;
  readonly runRoot: string;
  readonly driverName = 'overlay';
  readonly options: Readonly<Record<string, string>>;
  readonly #settings: StoreSettings;
  readonly #driver: OverlayDriver;
  readonly #layers: LayerRecords;
  readonly #images: ImageRecords;
  readonly #containers: ContainerRecords;
  readonly #counts: MountCounts;
  #pool: Promise<WorkerPool> | undefined;
  #prepared = false;

  constructor(settings: StoreSettings) {
    this.#settings = settings;
    this.graphRoot = settings.graphRoot;
    this.runRoot = settings.runRoot;
    this.options = settings.options;
    const { mountOptions, skipMountHome } = settings;
    this.#driver = new OverlayDriver(`${this.graphRoot}/overlay`, {
      mountOptions,
      skipMountHome,
      userNamespace: this.#userNamespace,
    });
    this.#layers = new LayerRecords(`${this.graphRoot}/overlay-layers`);
    this.#images = new ImageRecords(`${this.graphRoot}/overlay-images`);
    this.#containers = new ContainerRecords(
      `${this.graphRoot}/overlay-containers`,
      `${this.runRoot}/overlay-containers`,
    );
    this.#counts = new MountCounts(`${this.runRoot}/overlay-layers`);
  }

  get #userNamespace(): boolean {
    return rootlessUid() !== undefined;
  }

  // Layers

  async layers(): Promise<Layer[]> {
    const table = await this.#readLayers();
    return table.all().map((raw) => toLayer(raw, table.isVolatile(raw.id)));
  }

  async layer(id: string): Promise<Layer> {
    const found = lookUp(await this.layers(), id);
    if (!found) throw new StorageError('LAYER_UNKNOWN', `${id}: layer not known`);
    return found;
  }

  async stageLayer(blob: BlobSource, options: StageOptions = {}): Promise<StagedLayer> {
    this.#prepare();
    const content = TempDirectory.create(`${this.#driver.layout.home}/tempdirs`);
    const metadata = TempDirectory.create(`${this.#layers.directory}/tmp`);
    try {
      const directory = content.addition();
      mkdirSync(directory, { mode: 0o755 });
      const tarSplitPath = metadata.addition();
      const { digest, maxBytes, signal, onProgress } = options;
      const result = await (await this.#workers()).stage(
        blob,
        {
          directory,
          tarSplitPath,
          userNamespace: this.#userNamespace,
          sync: true,
          ...(digest ? { digest } : {}),
          ...(maxBytes === undefined ? {} : { maxBytes }),
        },
        { ...(signal ? { signal } : {}), ...(onProgress ? { onProgress } : {}) },
      );
      return new StagedInTempDirectory(content, metadata, directory, tarSplitPath, result);
    } catch (error) {
      content[Symbol.dispose]();
      metadata[Symbol.dispose]();
      throw error;
    }
  }

  async putLayers(layers: readonly PutLayer[]): Promise<void> {
    if (layers.length === 0) return;
    this.#prepare();
    if (this.#settings.syncFilesystem) this.#syncFilesystem();
    await this.#changeLayers((table) => {
      const news = layers.filter(({ id }) => !table.get(checkId(id)));
      for (const { id, parent, staged } of news) {
        if (parent !== undefined && !table.get(parent) && !news.some((one) => one.id === parent)) {
          throw new StorageError('LAYER_UNKNOWN', `parent ${parent} of layer ${id}: layer not known`);
        }
        table.add(newLayer(id, parent, staged), false);
      }
      if (news.length === 0) return;
      // Marked incomplete: whoever finds them after a crash removes them.
      table.save('stable');
      try {
        for (const { id, parent, staged } of news) this.#install(table, id, parent, staged as StagedInTempDirectory);
      } catch (error) {
        for (const { id } of news.toReversed()) this.#discard(table, id);
        table.save('stable');
        throw error;
      }
      for (const { id } of news) delete table.get(id)?.flags;
      table.save('stable');
    });
  }

  async *layerTar(id: string, signal?: AbortSignal): AsyncGenerator<Uint8Array> {
    const table = await this.#readLayers();
    const raw = table.get(id);
    if (!raw) throw new StorageError('LAYER_UNKNOWN', `${id}: layer not known`);
    const tarSplit = this.#layers.tarSplitPath(id);
    const { existsSync } = process.getBuiltinModule('node:fs');
    if (existsSync(tarSplit)) {
      const { reassemble } = await import('@lighter/archive/tar-split/reassemble');
      yield* reassemble(tarSplit, this.#driver.layout.contents(id), signal);
    } else {
      yield* this.#diffOf(table, raw, signal);
    }
  }

  async deleteLayer(id: string): Promise<void> {
    await this.#deleting(async (trash) => {
      await this.#changeLayers(async (table) => {
        const raw = lookUp(table.all(), id);
        if (!raw) throw new StorageError('LAYER_UNKNOWN', `${id}: layer not known`);
        if (table.all().some((layer) => layer.parent === raw.id))
          throw new StorageError('IN_USE', `layer ${id} has children`);
        await this.#deleteLayers(table, [raw.id], trash);
      });
    });
  }

  // Images

  async images(): Promise<Image[]> {
    return (await this.#readImages()).map(toImage);
  }

  async image(idOrName: string): Promise<Image> {
    const found = lookUp(await this.#readImages(), idOrName);
    if (!found) throw unknownImage(idOrName);
    return toImage(found);
  }

  async imageItem(id: string, key: string): Promise<Buffer> {
    return this.#images.readItem(checkId(id), key);
  }

  async putImage(put: PutImage): Promise<Image> {
    this.#prepare();
    checkId(put.id);
    return this.#images.lock.with(true, (held) => {
      const images = this.#images.read();
      let image = images.find((one) => one.id === put.id);
      if (image && (image.layer ?? '') !== (put.layer ?? '')) {
        throw new StorageError(
          'LAYER_MISMATCH',
          `image with ID ${JSON.stringify(put.id)} already exists, but uses a different top layer`,
        );
      }
      if (!image) {
        image = { id: put.id, created: put.created };
        images.push(image);
      }
      if (put.layer) image.layer = put.layer;
      if (put.digest && !image.digest) image.digest = put.digest;
      image.metadata = put.metadata;
      // Files first, the record once and complete: a crash leaves files that nothing names.
      for (const { key, data, digest } of put.items) {
        this.#images.writeItem(put.id, key, data);
        image['big-data-names'] = [...new Set([...(image['big-data-names'] ?? []), key])];
        image['big-data-sizes'] = { ...image['big-data-sizes'], [key]: data.length };
        image['big-data-digests'] = { ...image['big-data-digests'], [key]: digest ?? sha256(data) };
      }
      giveNames(images, image, [...(image.names ?? []), ...put.addNames]);
      this.#images.save(images, held.renewToken);
      return toImage(image);
    });
  }

  async setImageNames(id: string, names: readonly string[]): Promise<void> {
    await this.#images.lock.with(true, (held) => {
      const images = this.#images.read();
      const image = lookUp(images, id);
      if (!image) throw unknownImage(id);
      giveNames(images, image, names);
      this.#images.save(images, held.renewToken);
    });
  }

  async deleteImage(id: string): Promise<string[]> {
    return this.#deleting((trash) =>
      this.#changeLayers((table) =>
        this.#images.lock.with(true, async (held) => {
          const images = this.#images.read();
          const image = lookUp(images, id);
          if (!image) throw unknownImage(id);
          const containers = await this.#containers.lock.with(false, () => this.#containers.table().all());
          const user = containers.find((container) => container.image === image.id);
          if (user) throw new StorageError('IN_USE', `image used by ${user.id}: image is in use by a container`);
          const others = images.filter((one) => one !== image);
          this.#images.save(others, held.renewToken);
          rmSync(this.#images.dataDirectory(image.id), { recursive: true, force: true });
          const doomed = unusedLayers(table, image, others, containers);
          await this.#deleteLayers(table, doomed, trash);
          return doomed;
        }),
      ),
    );
  }

  // Containers

  async containers(): Promise<Container[]> {
    return (await this.#readContainers()).map(toContainer);
  }

  async container(idOrName: string): Promise<Container> {
    const all = await this.#readContainers();
    const found = lookUp(all, idOrName) ?? all.find((container) => container.layer === idOrName);
    if (!found) throw new StorageError('CONTAINER_UNKNOWN', `${idOrName}: container not known`);
    return toContainer(found);
  }

  async createContainer(create: CreateContainer): Promise<Container> {
    this.#prepare();
    const id = create.id ? checkId(create.id) : randomId();
    const volatile = create.volatile ?? false;
    return this.#changeLayers(async (table) => {
      const top = create.image === undefined ? undefined : await this.#topLayer(create.image, table);
      return this.#containers.lock.with(true, (held) => {
        const containers = this.#containers.table();
        this.#assertFree(containers, id, create.names);
        const layer = this.#createContainerLayer(table, top?.layer, create);
        const container: RawContainer = {
          id,
          ...(create.names.length > 0 ? { names: [...create.names] } : {}),
          image: top?.image ?? '',
          layer,
          ...(create.metadata === undefined ? {} : { metadata: create.metadata }),
          created: goTime(new Date()),
          ...(create.uidMap ? { uidmap: rawMapping(create.uidMap) } : {}),
          ...(create.gidMap ? { gidmap: rawMapping(create.gidMap) } : {}),
          flags: containerFlags(create),
        };
        (volatile ? containers.volatile : containers.stable).push(container);
        containers.save(volatile, held.renewToken);
        return toContainer(container);
      });
    });
  }

  async setContainerNames(id: string, names: readonly string[]): Promise<void> {
    await this.#changeContainer(id, (container, table) => {
      const taken = table.all().find((one) => one !== container && one.names?.some((name) => names.includes(name)));
      if (taken) throw nameInUse(names[0] ?? '', taken.id);
      container.names = [...names];
    });
  }

  async setContainerMetadata(id: string, metadata: string): Promise<void> {
    await this.#changeContainer(id, (container) => {
      container.metadata = metadata;
    });
  }

  async deleteContainer(id: string): Promise<void> {
    await this.#deleting((trash) =>
      this.#changeLayers((table) =>
        this.#containers.lock.with(true, async (held) => {
          const containers = this.#containers.table();
          const container = lookUp(containers.all(), id);
          if (!container) throw new StorageError('CONTAINER_UNKNOWN', `${id}: container not known`);
          // A crash may have left the record without its layer.
          if (table.get(container.layer)) await this.#deleteLayers(table, [container.layer], trash);
          this.#containers.removeDirectories(container.id);
          const volatile = containers.isVolatile(container.id);
          containers.remove(container.id);
          containers.save(volatile, held.renewToken);
        }),
      ),
    );
  }

  async containerDirectory(id: string): Promise<string> {
    return this.#containers.userData(checkId(id));
  }

  async containerRunDirectory(id: string): Promise<string> {
    return this.#containers.runUserData(checkId(id));
  }

  // Mounts

  async mount(id: string, options: MountOptions = {}): Promise<string> {
    this.#prepare();
    const container = lookUp(await this.#readContainers(), id);
    return this.#layers.lock.with(true, async (held) => {
      const table = new LayerTable(this.#layers.directory, held.renewToken);
      const raw = table.get(container?.layer ?? id);
      if (!raw) throw new StorageError('LAYER_UNKNOWN', `${id}: layer not known`);
      return this.#counts.mount(
        raw.id,
        () => this.#driver.isMounted(raw.id),
        () =>
          this.#driver.mount({
            id: raw.id,
            parents: parentsOf(table, raw),
            readOnly: options.readOnly ?? false,
            volatile: container?.flags?.['Volatile'] === true && !this.#settings.disableVolatile,
            options: options.options ?? (container?.flags?.['MountOpts'] as string[] | undefined),
            label: raw.mountlabel,
          }),
      );
    });
  }

  async unmount(id: string, { force = false }: { force?: boolean } = {}): Promise<boolean> {
    const container = lookUp(await this.#readContainers(), id);
    const layer = checkId(container?.layer ?? id);
    return this.#layers.lock.with(true, () => this.#counts.unmount(layer, force, () => this.#driver.unmount(layer)));
  }

  async mounted(): Promise<Map<string, string>> {
    return this.#counts.mounted();
  }

  async *diffTar(
    containerId: string,
    signal?: AbortSignal,
    options: DiffTarOptions = {},
  ): AsyncGenerator<Uint8Array> {
    const container = await this.container(containerId);
    const table = await this.#readLayers();
    const raw = table.get(container.layer);
    if (!raw)
      throw new StorageError('LAYER_UNKNOWN', `layer ${container.layer} of container ${containerId} is missing`);
    yield* this.#diffOf(table, raw, signal, options);
  }

  async changes(containerId: string): Promise<Change[]> {
    const container = await this.container(containerId);
    const table = await this.#readLayers();
    const raw = table.get(container.layer);
    if (!raw)
      throw new StorageError('LAYER_UNKNOWN', `layer ${container.layer} of container ${containerId} is missing`);
    const { overlayChanges } = await import('./overlay/changes.ts');
    const { layout } = this.#driver;
    return overlayChanges(
      layout.contents(raw.id),
      parentsOf(table, raw).flatMap((parent) => layout.contents(parent)),
    );
  }

  async containerSize(containerId: string): Promise<number> {
    const container = await this.container(containerId);
    const { treeSize } = await import('./overlay/changes.ts');
    return treeSize(this.#driver.layout.contents(container.layer));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const pool = await this.#pool;
    await pool?.[Symbol.asyncDispose]();
  }

  // Inner works

  #workers(): Promise<WorkerPool> {
    this.#pool ??= import('@lighter/archive/extract/worker-pool').then(({ WorkerPool }) => new WorkerPool());
    return this.#pool;
  }

  /** Makes the folders, once, before anything is written. */
  #prepare(): void {
    if (this.#prepared) return;
    mkdirSync(this.graphRoot, { recursive: true, mode: 0o700 });
    mkdirSync(this.runRoot, { recursive: true, mode: 0o700 });
    this.#driver.prepare();
    this.#prepared = true;
  }

  /** Reading repairs what it finds: leftovers of crashes are removed under the write lock. */
  async #readLayers(): Promise<LayerTable> {
    if (!exists(this.#layers.directory)) return new LayerTable(this.#layers.directory, () => {});
    const table = await this.#layers.lock.with(
      false,
      (held) => new LayerTable(this.#layers.directory, held.renewToken),
    );
    this.#sweep();
    if (!table.all().some(isIncomplete)) return table;
    await this.#changeLayers(() => {});
    return this.#layers.lock.with(false, (held) => new LayerTable(this.#layers.directory, held.renewToken));
  }

  async #readImages(): Promise<RawImage[]> {
    if (!exists(this.#images.directory)) return [];
    if (exists(this.#layers.directory)) this.#sweep();
    return this.#images.lock.with(false, () => this.#images.read());
  }

  async #readContainers(): Promise<RawContainer[]> {
    if (!exists(this.#containers.directory)) return [];
    return this.#containers.lock.with(false, () => this.#containers.table().all());
  }

  #sweep(): void {
    sweepTempDirectories(`${this.#driver.layout.home}/tempdirs`);
    sweepTempDirectories(`${this.#layers.directory}/tmp`);
  }

  /** Runs `change` under the layers' write lock, after removing what a crash left incomplete. */
  #changeLayers<T>(change: (table: LayerTable) => Promise<T> | T): Promise<T> {
    return this.#layers.lock.with(true, async (held) => {
      const table = new LayerTable(this.#layers.directory, held.renewToken);
      const broken = table.all().filter(isIncomplete);
      if (broken.length > 0) {
        const which = broken.some((layer) => !table.isVolatile(layer.id)) ? 'both' : 'volatile';
        for (const layer of broken) this.#discard(table, layer.id);
        table.save(which);
      }
      return change(table);
    });
  }

  /** Removes a layer that never was complete. */
  #discard(table: LayerTable, id: string): void {
    using trash = TempDirectory.create(`${this.#driver.layout.home}/tempdirs`);
    this.#driver.unmount(id);
    this.#driver.layout.takeAway(id, trash);
    rmSync(this.#layers.tarSplitPath(id), { force: true });
    rmSync(`${this.#layers.directory}/${id}`, { recursive: true, force: true });
    table.remove(id);
  }

  #install(table: LayerTable, id: string, parent: string | undefined, staged: StagedInTempDirectory): void {
    const raw = table.get(id) as RawLayer;
    this.#driver.layout.applyRoot(staged.directory, parent);
    this.#driver.layout.create(id, parentsOf(table, raw), staged.directory);
    staged.publishTarSplit(this.#layers.tarSplitPath(id));
  }

  /** What is deleted is moved away under the locks and unlinked after them. */
  async #deleting<T>(work: (trash: { content: TempDirectory; metadata: TempDirectory }) => Promise<T>): Promise<T> {
    this.#prepare();
    using content = TempDirectory.create(`${this.#driver.layout.home}/tempdirs`);
    using metadata = TempDirectory.create(`${this.#layers.directory}/tmp`);
    return await work({ content, metadata });
  }

  async #deleteLayers(
    table: LayerTable,
    ids: readonly string[],
    trash: { content: TempDirectory; metadata: TempDirectory },
  ): Promise<void> {
    if (ids.length === 0) return;
    const which = ids.every((id) => table.isVolatile(id))
      ? 'volatile'
      : ids.some((id) => table.isVolatile(id))
        ? 'both'
        : 'stable';
    for (const id of ids) {
      const layer = table.get(id);
      if (layer) layer.flags = { ...layer.flags, incomplete: true };
    }
    table.save(which);
    for (const id of ids) {
      await this.#counts.unmount(id, true, () => this.#driver.unmount(id));
      this.#driver.layout.takeAway(id, trash.content);
      trash.metadata.take(this.#layers.tarSplitPath(id));
      trash.metadata.take(`${this.#layers.directory}/${id}`);
      table.remove(id);
    }
    table.save(which);
  }

  async #topLayer(image: string, table: LayerTable): Promise<{ image: string; layer: string | undefined }> {
    const found = lookUp(await this.#images.lock.with(false, () => this.#images.read()), image);
    if (!found) throw unknownImage(image);
    if (found.layer && !table.get(found.layer)) {
      throw new StorageError(
        'LAYER_UNKNOWN',
        `layer ${found.layer} of image ${found.id} is missing: pull the image again`,
      );
    }
    return { image: found.id, layer: found.layer };
  }

  #assertFree(containers: ContainerTable, id: string, names: readonly string[]): void {
    for (const other of containers.all()) {
      if (other.id === id) throw new StorageError('NAME_IN_USE', `container ID ${id} is already in use`);
      const name = other.names?.find((one) => names.includes(one));
      if (name !== undefined) throw nameInUse(name, other.id);
    }
  }

  #createContainerLayer(table: LayerTable, parent: string | undefined, create: CreateContainer): string {
    const id = randomId();
    const volatile = create.volatile ?? false;
    const raw: RawLayer = {
      id,
      ...(parent ? { parent } : {}),
      ...(create.mountLabel ? { mountlabel: create.mountLabel } : {}),
      created: goTime(new Date()),
      flags: { incomplete: true },
    };
    table.add(raw, volatile);
    table.save(volatile ? 'volatile' : 'stable');
    this.#driver.layout.create(id, parentsOf(table, raw));
    delete raw.flags;
    table.save(volatile ? 'volatile' : 'stable');
    return id;
  }

  async #changeContainer(id: string, change: (container: RawContainer, table: ContainerTable) => void): Promise<void> {
    await this.#containers.lock.with(true, (held) => {
      const table = this.#containers.table();
      const container = lookUp(table.all(), id);
      if (!container) throw new StorageError('CONTAINER_UNKNOWN', `${id}: container not known`);
      change(container, table);
      table.save(table.isVolatile(container.id), held.renewToken);
    });
  }

  async *#diffOf(
    table: LayerTable,
    raw: RawLayer,
    signal: AbortSignal | undefined,
    options: DiffTarOptions = {},
  ): AsyncGenerator<Uint8Array> {
    const { overlayDiff } = await import('@lighter/archive/overlay-diff');
    const { layout } = this.#driver;
    yield* overlayDiff(layout.contents(raw.id)[0] as string, {
      lower: parentsOf(table, raw).flatMap((parent) => layout.contents(parent)),
      userNamespace: this.#userNamespace,
      ...options,
      ...(signal ? { signal } : {}),
    });
  }

  #syncFilesystem(): void {
    const { closeSync, openSync } = process.getBuiltinModule('node:fs');
    const fd = openSync(this.#driver.layout.home, 'r');
    try {
      linux.syncfs(fd);
    } finally {
      closeSync(fd);
    }
  }
}

function exists(path: string): boolean {
  return process.getBuiltinModule('node:fs').existsSync(path);
}

function sha256(data: Uint8Array): Digest {
  return `sha256:${process.getBuiltinModule('node:crypto').createHash('sha256').update(data).digest('hex')}` as Digest;
}

function unknownImage(name: string): StorageError {
  return new StorageError('IMAGE_UNKNOWN', `${name}: image not known`);
}

function nameInUse(name: string, owner: string): StorageError {
  return new StorageError(
    'NAME_IN_USE',
    `the container name ${JSON.stringify(name)} is already in use by ${owner}. You have to remove that container to be able to reuse that name: that name is already in use`,
  );
}

/** Ids of all layers below one, nearest first. A chain that loops or breaks off is damaged. */
function parentsOf(table: LayerTable, layer: RawLayer): string[] {
  const parents: string[] = [];
  for (let { parent } = layer; parent; ) {
    const next = table.get(parent);
    if (!next || parents.includes(parent))
      throw new StorageError('RECORD_INVALID', `layer ${layer.id}: parent ${parent} is missing or its own ancestor`);
    parents.push(parent);
    parent = next.parent;
  }
  return parents;
}

function newLayer(id: string, parent: string | undefined, staged: StagedLayer): RawLayer {
  return {
    id,
    ...(parent ? { parent } : {}),
    created: goTime(new Date()),
    'compressed-diff-digest': staged.compressedDigest,
    'compressed-size': staged.compressedSize,
    'diff-digest': staged.diffDigest,
    'diff-size': staged.diffSize,
    ...(staged.compression > 0 ? { compression: staged.compression } : {}),
    ...(staged.uids.length > 0 ? { uidset: [...staged.uids] } : {}),
    ...(staged.gids.length > 0 ? { gidset: [...staged.gids] } : {}),
    flags: { incomplete: true },
  };
}

function containerFlags(create: CreateContainer): Record<string, unknown> {
  return {
    MountLabel: create.mountLabel ?? '',
    ProcessLabel: create.processLabel ?? '',
    ...(create.mountOptions ? { MountOpts: [...create.mountOptions] } : {}),
    ...(create.volatile || create.volatileFlag ? { Volatile: true } : {}),
  };
}

/** The image's layers from the top down, as far as nothing else needs them. */
function unusedLayers(
  table: LayerTable,
  image: RawImage,
  others: readonly RawImage[],
  containers: readonly RawContainer[],
): string[] {
  const used = new Set([
    ...others.flatMap((other) => [other.layer, ...(other['mapped-layers'] ?? [])]),
    ...containers.map((container) => container.layer),
  ]);
  const doomed: string[] = [];
  const free = (id: string) =>
    !used.has(id) && !table.all().some((layer) => layer.parent === id && !doomed.includes(layer.id));
  for (const mapped of image['mapped-layers'] ?? []) if (table.get(mapped) && free(mapped)) doomed.push(mapped);
  for (let id = image.layer; id; ) {
    const layer = table.get(id);
    if (!layer || !free(id)) break;
    doomed.push(id);
    id = layer.parent;
  }
  return doomed;
}
