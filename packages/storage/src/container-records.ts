/** containers.json, volatile-containers.json, and the containers' folders. */
import { mkdirSync, rmSync } from 'node:fs';
import { readRecords, writeRecords } from './atomic-file.ts';
import type { RawMapping } from './layer-records.ts';
import { LockFile } from './lock-file.ts';
import type { Container, IdMapping } from './store-types.ts';

/** A record as on disk. */
export interface RawContainer {
  id: string;
  names?: string[];
  image: string;
  layer: string;
  metadata?: string;
  'big-data-names'?: string[];
  'big-data-sizes'?: Record<string, number>;
  'big-data-digests'?: Record<string, string>;
  created: string;
  uidmap?: RawMapping[];
  gidmap?: RawMapping[];
  flags?: Record<string, unknown>;
}

export class ContainerTable {
  readonly #directory: string;
  readonly stable: RawContainer[];
  readonly volatile: RawContainer[];

  constructor(directory: string) {
    this.#directory = directory;
    this.stable = readRecords(`${directory}/containers.json`);
    this.volatile = readRecords(`${directory}/volatile-containers.json`);
  }

  all(): RawContainer[] {
    const seen = new Set(this.stable.map((container) => container.id));
    return [...this.stable, ...this.volatile.filter((container) => !seen.has(container.id))];
  }

  isVolatile(id: string): boolean {
    return !this.stable.some((container) => container.id === id);
  }

  remove(id: string): void {
    for (const list of [this.stable, this.volatile]) {
      const index = list.findIndex((container) => container.id === id);
      if (index >= 0) list.splice(index, 1);
    }
  }

  /** Must be called while the lock is held for writing. */
  save(volatile: boolean, renewToken: () => void): void {
    renewToken();
    const path = `${this.#directory}/${volatile ? 'volatile-' : ''}containers.json`;
    const records = volatile ? this.volatile : this.stable;
    if (volatile && records.length === 0) rmSync(path, { force: true });
    else writeRecords(path, records, !volatile);
  }
}

export class ContainerRecords {
  readonly directory: string;
  readonly runDirectory: string;
  readonly lock: LockFile;

  constructor(directory: string, runDirectory: string) {
    this.directory = directory;
    this.runDirectory = runDirectory;
    this.lock = new LockFile(`${directory}/containers.lock`);
  }

  table(): ContainerTable {
    return new ContainerTable(this.directory);
  }

  userData(id: string): string {
    return made(`${this.directory}/${id}/userdata`);
  }

  runUserData(id: string): string {
    return made(`${this.runDirectory}/${id}/userdata`);
  }

  removeDirectories(id: string): void {
    for (const directory of [this.directory, this.runDirectory]) {
      rmSync(`${directory}/${id}`, { recursive: true, force: true, maxRetries: 3, retryDelay: 20 });
    }
  }
}

function made(path: string): string {
  mkdirSync(path, { recursive: true, mode: 0o700 });
  return path;
}

function mapping(raw: readonly RawMapping[]): IdMapping[] {
  return raw.map(({ container_id, host_id, size }) => ({ containerId: container_id, hostId: host_id, size }));
}

export function toContainer(raw: RawContainer): Container {
  return {
    id: raw.id,
    names: raw.names ?? [],
    image: raw.image,
    layer: raw.layer,
    created: raw.created,
    items: raw['big-data-names'] ?? [],
    flags: raw.flags ?? {},
    ...(raw.metadata === undefined ? {} : { metadata: raw.metadata }),
    ...(raw.uidmap ? { uidMap: mapping(raw.uidmap) } : {}),
    ...(raw.gidmap ? { gidMap: mapping(raw.gidmap) } : {}),
  };
}
