/** layers.json and volatile-layers.json of one store: records as they stand, with keys of other tools kept. */
import { rmSync } from 'node:fs';
import type { Digest } from '@lighter/spec/digest';
import { readRecords, writeRecords } from './atomic-file.ts';
import { LockFile } from './lock-file.ts';
import type { IdMapping, Layer } from './store-types.ts';

/** A record as on disk. */
export interface RawLayer {
  id: string;
  names?: string[];
  parent?: string;
  created: string;
  mountlabel?: string;
  'compressed-diff-digest'?: string;
  'compressed-size'?: number;
  'diff-digest'?: string;
  'diff-size'?: number;
  compression?: number;
  uidset?: number[];
  gidset?: number[];
  flags?: Record<string, unknown>;
  uidmap?: RawMapping[];
  gidmap?: RawMapping[];
  'big-data-names'?: string[];
}

export interface RawMapping {
  readonly container_id: number;
  readonly host_id: number;
  readonly size: number;
}

export function isIncomplete(layer: RawLayer): boolean {
  return layer.flags?.['incomplete'] === true;
}

/** The layers of a store while its lock is held. Records of both files, stable ones first. */
export class LayerTable {
  readonly #paths: { readonly stable: string; readonly volatile: string };
  readonly #renewToken: () => void;
  readonly stable: RawLayer[];
  readonly volatile: RawLayer[];

  constructor(directory: string, renewToken: () => void) {
    this.#paths = { stable: `${directory}/layers.json`, volatile: `${directory}/volatile-layers.json` };
    this.#renewToken = renewToken;
    this.stable = readRecords(this.#paths.stable);
    this.volatile = readRecords(this.#paths.volatile);
  }

  all(): RawLayer[] {
    const seen = new Set(this.stable.map((layer) => layer.id));
    return [...this.stable, ...this.volatile.filter((layer) => !seen.has(layer.id))];
  }

  get(id: string): RawLayer | undefined {
    return this.stable.find((layer) => layer.id === id) ?? this.volatile.find((layer) => layer.id === id);
  }

  add(layer: RawLayer, volatile: boolean): void {
    (volatile ? this.volatile : this.stable).push(layer);
  }

  remove(id: string): void {
    for (const list of [this.stable, this.volatile]) {
      const index = list.findIndex((layer) => layer.id === id);
      if (index >= 0) list.splice(index, 1);
    }
  }

  isVolatile(id: string): boolean {
    return !this.stable.some((layer) => layer.id === id) && this.volatile.some((layer) => layer.id === id);
  }

  /** Which files hold these layers. */
  filesOf(ids: readonly string[]): 'stable' | 'volatile' | 'both' {
    const volatile = ids.filter((id) => this.isVolatile(id)).length;
    return volatile === 0 ? 'stable' : volatile === ids.length ? 'volatile' : 'both';
  }

  /** The token first, so that a crash in between only makes others reload. */
  save(which: 'stable' | 'volatile' | 'both'): void {
    this.#renewToken();
    if (which !== 'volatile') writeRecords(this.#paths.stable, this.stable, true);
    if (which !== 'stable') this.#saveVolatile();
  }

  #saveVolatile(): void {
    if (this.volatile.length > 0) writeRecords(this.#paths.volatile, this.volatile, false);
    else rmSync(this.#paths.volatile, { force: true });
  }
}

export class LayerRecords {
  readonly directory: string;
  readonly lock: LockFile;

  constructor(directory: string) {
    this.directory = directory;
    this.lock = new LockFile(`${directory}/layers.lock`);
  }

  /** Further data of a layer, where it has any. */
  dataDirectory(id: string): string {
    return `${this.directory}/${id}`;
  }

  tarSplitPath(id: string): string {
    return `${this.directory}/${id}.tar-split.gz`;
  }
}

function mapping(raw: readonly RawMapping[] | undefined): IdMapping[] | undefined {
  return raw?.map(({ container_id, host_id, size }) => ({ containerId: container_id, hostId: host_id, size }));
}

export function rawMapping(map: readonly IdMapping[]): RawMapping[] {
  return map.map(({ containerId, hostId, size }) => ({ container_id: containerId, host_id: hostId, size }));
}

export function toLayer(raw: RawLayer, volatile: boolean): Layer {
  const uidMap = mapping(raw.uidmap);
  const gidMap = mapping(raw.gidmap);
  return {
    id: raw.id,
    names: raw.names ?? [],
    created: raw.created,
    compression: raw.compression ?? 0,
    volatile,
    readOnly: false,
    ...(raw.parent ? { parent: raw.parent } : {}),
    ...(raw['compressed-diff-digest'] ? { compressedDigest: raw['compressed-diff-digest'] as Digest } : {}),
    ...(raw['compressed-size'] === undefined ? {} : { compressedSize: raw['compressed-size'] }),
    ...(raw['diff-digest'] ? { diffDigest: raw['diff-digest'] as Digest, diffSize: raw['diff-size'] ?? 0 } : {}),
    ...(uidMap ? { uidMap } : {}),
    ...(gidMap ? { gidMap } : {}),
  };
}
