/** All containers that are ours: those of the database and, of this boot only, those of `--rm`. */
import { rmSync } from 'node:fs';
import type { EnginePaths } from '../engine-paths.ts';
import { EngineError } from '../errors.ts';
import type { ContainerExit, ContainerRecord, ContainerState } from '../record.ts';
import { hasStateOfThisBoot } from './boot.ts';
import type { StateDatabase, StoredContainer } from './database.ts';
import { readExit } from './exits.ts';
import { stateOfEarlierBoot, withTruth } from './reconcile.ts';
import { directoryNames, readRunFile, writeRunFile } from './run-files.ts';

export interface Container {
  readonly record: ContainerRecord;
  readonly state: ContainerState;
}

export class ContainerTable {
  readonly #paths: EnginePaths;
  readonly #database: StateDatabase;
  #thisBoot: boolean | undefined;

  constructor(paths: EnginePaths, database: StateDatabase) {
    this.#paths = paths;
    this.#database = database;
  }

  /** Oldest first, with what the exit files say taken in. */
  async all(): Promise<Container[]> {
    const volatile = this.runningIds().flatMap((id) => this.#volatile(id) ?? []);
    return [...(await this.#database.all()), ...volatile]
      .map((stored) => this.#withState(stored))
      .sort((a, b) => (a.record.created < b.record.created ? -1 : 1));
  }

  /** By exact name or id, or by a unique beginning of an id. */
  async get(text: string): Promise<Container> {
    const found = await this.find(text);
    if (!found) {
      throw new EngineError(
        'CONTAINER_UNKNOWN',
        `no container with name or ID ${JSON.stringify(text)} found: no such container`,
      );
    }
    return found;
  }

  async find(text: string): Promise<Container | undefined> {
    const wanted = text.replace(/^\//, '');
    if (wanted === '') throw new EngineError('INVALID', 'name or ID cannot be empty');
    if (/^[0-9a-f]{64}$/.test(wanted)) {
      const stored = this.#volatile(wanted) ?? (await this.#database.byId(wanted));
      if (stored) return this.#withState(stored);
    }
    const all = await this.all();
    const exact = all.find(({ record }) => record.name === wanted);
    if (exact) return exact;
    const byPrefix = /^[0-9a-f]+$/.test(wanted) ? all.filter(({ record }) => record.id.startsWith(wanted)) : [];
    if (byPrefix.length > 1) {
      throw new EngineError(
        'CONTAINER_AMBIGUOUS',
        `more than one result for container ${JSON.stringify(wanted)}: container already exists`,
      );
    }
    return byPrefix[0];
  }

  /** Ids that have a folder of run-time state, which may be half made. */
  runningIds(): string[] {
    if (!this.#hasState()) return [];
    return directoryNames(this.#paths.containers).filter((id) => /^[0-9a-f]{64}$/.test(id));
  }

  /** What is known of this boot, without the record; undefined: nothing. */
  stateOf(id: string): ContainerState | undefined {
    const state = this.#hasState() ? readRunFile<ContainerState>(this.#statePath(id)) : undefined;
    return state && withTruth(this.#paths, id, state);
  }

  async add(record: ContainerRecord): Promise<void> {
    if (record.config.autoRemove) writeRunFile(this.#recordPath(record.id), record);
    else await this.#database.add(record);
  }

  async update(record: ContainerRecord): Promise<void> {
    if (record.config.autoRemove) writeRunFile(this.#recordPath(record.id), record);
    else await this.#database.update(record);
  }

  setState(id: string, state: ContainerState): void {
    writeRunFile(this.#statePath(id), state);
  }

  /** Remembers over a boot how a container ended. */
  async setExit(record: ContainerRecord, exit: ContainerExit): Promise<void> {
    if (!record.config.autoRemove) await this.#database.setExit(record.id, exit);
  }

  async remove(record: ContainerRecord): Promise<void> {
    if (!record.config.autoRemove) await this.#database.remove(record.id);
    this.forget(record.id);
  }

  /** Takes away the run-time files; the exit file stays for those who wait. */
  forget(id: string): void {
    rmSync(this.#recordPath(id), { force: true });
    rmSync(this.#paths.persist(id), { recursive: true, force: true });
    rmSync(this.#paths.container(id), { recursive: true, force: true });
  }

  exitOf(id: string): ContainerExit | undefined {
    return readExit(this.#paths, id);
  }

  #volatile(id: string): StoredContainer | undefined {
    const record = this.#hasState() ? readRunFile<ContainerRecord>(this.#recordPath(id)) : undefined;
    return record && { record };
  }

  #withState({ record, exit }: StoredContainer): Container {
    return { record, state: this.stateOf(record.id) ?? stateOfEarlierBoot(this.#paths, record.id, exit) };
  }

  /** Once true it stays so; before the first container of a boot it may become true at any time. */
  #hasState(): boolean {
    this.#thisBoot ||= hasStateOfThisBoot(this.#paths);
    return this.#thisBoot;
  }

  #recordPath(id: string): string {
    return `${this.#paths.container(id)}/record.json`;
  }

  #statePath(id: string): string {
    return `${this.#paths.container(id)}/state.json`;
  }
}
