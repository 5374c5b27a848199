/** The store's layers: reading with repair, putting, making empty ones, deleting. */
import { closeSync, openSync, rmSync } from 'node:fs';
import { linux } from '@lighter/linux/native';
import { goTime } from '@lighter/spec/go-json';
import { isDiskFull } from './disk-full.ts';
import { StorageError } from './errors.ts';
import { checkId, lookUp, randomId } from './ids.ts';
import { assertLayerFree, parentsOf } from './layer-chain.ts';
import { isIncomplete, LayerTable, type RawLayer } from './layer-records.ts';
import type { StagedInTempDirectory } from './staged-layer.ts';
import type { StoreParts } from './store-parts.ts';
import type { PutLayer } from './store-types.ts';
import { sweepTempDirectories, TempDirectory } from './temp-directories.ts';

/** Where deleted things are moved under the locks, to be unlinked after them. */
export interface Trash {
  readonly content: TempDirectory;
  readonly metadata: TempDirectory;
}

export class LayerStore {
  readonly #parts: StoreParts;

  constructor(parts: StoreParts) {
    this.#parts = parts;
  }

  /** Reading repairs what it finds: leftovers of crashes are removed under the write lock. */
  async read(): Promise<LayerTable> {
    if (!this.#parts.has('layers')) return this.#table(() => {});
    const table = await this.#readOnce();
    this.sweep();
    if (!table.all().some(isIncomplete)) return table;
    await this.change(() => {});
    return this.#readOnce();
  }

  /** Runs `work` with the layers as they are, and sure to stay so meanwhile. */
  reading<T>(work: (table: LayerTable) => Promise<T> | T): Promise<T> {
    return this.#parts.layers.lock.with(false, (held) => work(this.#table(held.renewToken)));
  }

  /** Runs `work` under the layers' write lock, after removing what a crash left incomplete. */
  change<T>(work: (table: LayerTable) => Promise<T> | T): Promise<T> {
    return this.#parts.layers.lock.with(true, async (held) => {
      const table = this.#table(held.renewToken);
      const broken = table.all().filter(isIncomplete);
      if (broken.length > 0) {
        const which = table.filesOf(broken.map((layer) => layer.id));
        for (const layer of broken) this.#discard(table, layer.id);
        table.save(which);
      }
      return work(table);
    });
  }

  /** Removes the temporary folders of owners that are gone. */
  sweep(): void {
    sweepTempDirectories(this.#parts.contentTempRoot);
    sweepTempDirectories(this.#parts.metadataTempRoot);
  }

  async put(layers: readonly PutLayer[]): Promise<void> {
    if (layers.length === 0) return;
    this.#parts.prepare();
    if (this.#parts.settings.syncFilesystem) this.#syncFilesystem();
    await this.change((table) => {
      const news = layers.filter(({ id }) => !table.get(checkId(id)));
      for (const put of news) {
        const { id, parent } = put;
        if (parent !== undefined && !table.get(parent))
          throw new StorageError('LAYER_UNKNOWN', `parent ${parent} of layer ${id}: layer not known`);
        table.add(newLayer(put), false);
      }
      if (news.length === 0) return;
      // Marked incomplete: whoever finds them after a crash removes them.
      table.save('stable');
      try {
        for (const { id, parent, staged } of news) this.#install(table, id, parent, staged as StagedInTempDirectory);
        for (const { id } of news) delete table.get(id)?.flags;
        table.save('stable');
      } catch (error) {
        for (const { id } of news.toReversed()) this.#discard(table, id);
        table.save('stable');
        throw error;
      }
    });
  }

  /** Makes a container's layer while the table is held for writing. */
  createEmpty(
    table: LayerTable,
    options: {
      readonly parent?: string | undefined;
      readonly mountLabel?: string | undefined;
      readonly volatile: boolean;
    },
  ): string {
    const { parent, mountLabel, volatile } = options;
    const raw: RawLayer = {
      id: randomId(),
      ...(parent ? { parent } : {}),
      ...(mountLabel ? { mountlabel: mountLabel } : {}),
      created: goTime(new Date()),
      flags: { incomplete: true },
    };
    const which = volatile ? 'volatile' : 'stable';
    table.add(raw, volatile);
    table.save(which);
    this.#parts.driver.layout.create(raw.id, parentsOf(table, raw));
    delete raw.flags;
    table.save(which);
    return raw.id;
  }

  async delete(id: string): Promise<void> {
    const { images, containers } = this.#parts;
    await this.deleting((trash) =>
      this.change(async (table) => {
        const raw = lookUp(table.all(), id);
        if (!raw) throw new StorageError('LAYER_UNKNOWN', `${id}: layer not known`);
        const [imageRecords, containerRecords] = await images.lock.with(false, async () => [
          images.read(),
          await containers.lock.with(false, () => containers.table().all()),
        ]);
        assertLayerFree(table, raw.id, imageRecords, containerRecords);
        await this.remove(table, [raw.id], trash);
      }),
    );
  }

  /** Gives `work` a place to move things to; they are unlinked when it has ended and its locks are free again. */
  async deleting<T>(work: (trash: Trash) => Promise<T>): Promise<T> {
    this.#parts.prepare();
    using content = TempDirectory.create(this.#parts.contentTempRoot);
    using metadata = TempDirectory.create(this.#parts.metadataTempRoot);
    return await work({ content, metadata });
  }

  /** Removes layers, children first, while the table is held for writing. */
  async remove(table: LayerTable, ids: readonly string[], trash: Trash): Promise<void> {
    if (ids.length === 0) return;
    const which = table.filesOf(ids);
    for (const id of ids) {
      const layer = table.get(id);
      if (layer) layer.flags = { ...layer.flags, incomplete: true };
    }
    let full = false;
    try {
      table.save(which);
    } catch (error) {
      // Removing is the way out of a full disk: the bytes to be freed first make room for the record.
      if (!isDiskFull(error)) throw error;
      full = true;
    }
    const { counts, driver, layers } = this.#parts;
    for (const id of ids) {
      await counts.unmount(id, true, () => driver.unmount(id));
      driver.layout.takeAway(id, trash.content);
      trash.metadata.take(layers.tarSplitPath(id));
      trash.metadata.take(layers.dataDirectory(id));
      table.remove(id);
    }
    if (full) {
      trash.content.empty();
      trash.metadata.empty();
    }
    table.save(which);
  }

  /** Removes a layer that never was complete. */
  #discard(table: LayerTable, id: string): void {
    const { driver, layers } = this.#parts;
    using trash = TempDirectory.create(this.#parts.contentTempRoot);
    driver.unmount(id);
    driver.layout.takeAway(id, trash);
    rmSync(layers.tarSplitPath(id), { force: true });
    rmSync(layers.dataDirectory(id), { recursive: true, force: true });
    table.remove(id);
  }

  #install(table: LayerTable, id: string, parent: string | undefined, staged: StagedInTempDirectory): void {
    const { layout } = this.#parts.driver;
    layout.applyRoot(staged.directory, parent);
    layout.create(id, parentsOf(table, table.get(id) as RawLayer), staged.directory);
    staged.publishTarSplit(this.#parts.layers.tarSplitPath(id));
  }

  #syncFilesystem(): void {
    const fd = openSync(this.#parts.driver.layout.home, 'r');
    try {
      linux.syncfs(fd);
    } finally {
      closeSync(fd);
    }
  }

  #readOnce(): Promise<LayerTable> {
    return this.reading((table) => table);
  }

  #table(renewToken: () => void): LayerTable {
    return new LayerTable(this.#parts.layers.directory, renewToken);
  }
}

function newLayer({ id, parent, staged, original = staged }: PutLayer): RawLayer {
  return {
    id,
    ...(parent ? { parent } : {}),
    created: goTime(new Date()),
    'compressed-diff-digest': original.compressedDigest,
    'compressed-size': original.compressedSize,
    'diff-digest': staged.diffDigest,
    'diff-size': staged.diffSize,
    ...(original.compression > 0 ? { compression: original.compression } : {}),
    ...(staged.uids.length > 0 ? { uidset: [...staged.uids] } : {}),
    ...(staged.gids.length > 0 ? { gidset: [...staged.gids] } : {}),
    flags: { incomplete: true },
  };
}
