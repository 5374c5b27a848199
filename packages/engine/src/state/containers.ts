/** All containers that are ours: those of the database and, of this boot only, those of `--rm`. */
import { existsSync, readFileSync, rmSync, statSync } from 'node:fs';
import type { EnginePaths } from '../engine-paths.ts';
import { EngineError } from '../errors.ts';
import { type ContainerExit, type ContainerRecord, type ContainerState, initialState } from '../record.ts';
import { StateDatabase } from './database.ts';
import { directoryNames, readRunFile, writeRunFile } from './run-files.ts';

export interface Container {
  readonly record: ContainerRecord;
  readonly state: ContainerState;
}

export class ContainerTable implements Disposable {
  readonly #paths: EnginePaths;
  readonly #database: StateDatabase;

  constructor(paths: EnginePaths) {
    this.#paths = paths;
    this.#database = new StateDatabase(paths.database);
  }

  /** Oldest first, with what the exit files say taken in. */
  async all(): Promise<Container[]> {
    const stored = await this.#database.all();
    const volatile = directoryNames(this.#paths.containers).flatMap((id) => {
      const record = readRunFile<ContainerRecord>(`${this.#paths.container(id)}/record.json`);
      return record ? [{ record }] : [];
    });
    return [...stored, ...volatile]
      .map(({ record, exit }: { record: ContainerRecord; exit?: ContainerExit }) => ({
        record,
        state: this.#stateOf(record.id, exit),
      }))
      .sort((a, b) => (a.record.created < b.record.created ? -1 : 1));
  }

  /** By exact name or id, or by a unique beginning of an id. */
  async get(text: string): Promise<Container> {
    const found = await this.find(text);
    if (!found)
      throw new EngineError(
        'CONTAINER_UNKNOWN',
        `no container with name or ID ${JSON.stringify(text)} found: no such container`,
      );
    return found;
  }

  async find(text: string): Promise<Container | undefined> {
    const wanted = text.replace(/^\//, '');
    if (wanted === '') throw new EngineError('INVALID', 'name or ID cannot be empty');
    const all = await this.all();
    const exact = all.find(({ record }) => record.name === wanted) ?? all.find(({ record }) => record.id === wanted);
    if (exact) return exact;
    const byPrefix = /^[0-9a-f]+$/.test(wanted) ? all.filter(({ record }) => record.id.startsWith(wanted)) : [];
    if (byPrefix.length > 1)
      throw new EngineError(
        'CONTAINER_AMBIGUOUS',
        `more than one result for container ${JSON.stringify(wanted)}: container already exists`,
      );
    return byPrefix[0];
  }

  async add(record: ContainerRecord): Promise<void> {
    if (record.config.autoRemove) writeRunFile(`${this.#paths.container(record.id)}/record.json`, record);
    else await this.#database.add(record);
  }

  setState(id: string, state: ContainerState): void {
    writeRunFile(`${this.#paths.container(id)}/state.json`, state);
  }

  /** Remembers over a boot how a container ended. */
  async setExit(record: ContainerRecord, exit: ContainerExit): Promise<void> {
    if (!record.config.autoRemove) await this.#database.setExit(record.id, exit);
  }

  async remove(record: ContainerRecord): Promise<void> {
    if (!record.config.autoRemove) await this.#database.remove(record.id);
    this.forget(record.id);
  }

  /** Takes away the run-time files, the owner's last. */
  forget(id: string): void {
    const directory = this.#paths.container(id);
    rmSync(`${directory}/record.json`, { force: true });
    rmSync(`${this.#paths.exits}/${id}`, { force: true });
    rmSync(this.#paths.persist(id), { recursive: true, force: true });
    rmSync(directory, { recursive: true, force: true });
  }

  /** conmon's exit file is the truth about a container that is said to run. */
  #stateOf(id: string, exit: ContainerExit | undefined): ContainerState {
    const state = readRunFile<ContainerState>(`${this.#paths.container(id)}/state.json`);
    if (!state) return exit ? { ...initialState, status: 'exited', exit } : initialState;
    if (!['running', 'paused', 'stopping', 'initialized'].includes(state.status)) return state;
    const ended = this.exitOf(id);
    if (ended) return { ...state, status: 'stopped', pid: 0, conmonPid: 0, exit: ended };
    if (state.conmonPid > 0 && !isAlive(state.conmonPid) && !isAlive(state.pid)) {
      const lost = {
        code: -1,
        finished: Date.now(),
        error: 'conmon died without writing exit file, container exit code could not be retrieved',
      };
      return { ...state, status: 'stopped', pid: 0, conmonPid: 0, exit: lost };
    }
    return state;
  }

  /** What conmon wrote about a container's end. */
  exitOf(id: string): ContainerExit | undefined {
    const path = `${this.#paths.exits}/${id}`;
    const status = statSync(path, { throwIfNoEntry: false });
    if (!status) return undefined;
    const oomKilled = existsSync(`${this.#paths.persist(id)}/oom`) || existsSync(`${this.#paths.bundle(id)}/oom`);
    return {
      code: Number(readFileSync(path, 'utf8').trim()),
      finished: status.ctimeMs,
      ...(oomKilled ? { oomKilled } : {}),
    };
  }

  [Symbol.dispose](): void {
    this.#database[Symbol.dispose]();
  }
}

function isAlive(pid: number): boolean {
  if (pid <= 0) return false;
  try {
    // A zombie that its parent hasn't collected yet has ended.
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}
