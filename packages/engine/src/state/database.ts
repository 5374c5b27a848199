/**
 * state.db: records of the containers that outlive a boot, and how their last run ended. One transaction per create, end and
 * rm; opened only when there is something to read or write.
 */
import { existsSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { EngineError } from '../errors.ts';
import type { ContainerExit, ContainerRecord } from '../record.ts';

const VERSION = 1;
/** Milliseconds to wait for another writer. */
const BUSY = 30_000;

export interface StoredContainer {
  readonly record: ContainerRecord;
  readonly exit?: ContainerExit;
}

export class StateDatabase implements Disposable {
  readonly #path: string;
  #database: DatabaseSync | undefined;

  constructor(path: string) {
    this.#path = path;
  }

  /** Oldest first; nothing where no container was ever created. */
  async all(): Promise<StoredContainer[]> {
    if (!existsSync(this.#path)) return [];
    const rows = (await this.#open()).prepare('SELECT record, exit FROM containers ORDER BY created, id').all() as {
      record: string;
      exit: string | null;
    }[];
    return rows.map(({ record, exit }) => ({
      record: JSON.parse(record),
      ...(exit === null ? {} : { exit: JSON.parse(exit) }),
    }));
  }

  async add(record: ContainerRecord): Promise<void> {
    const database = await this.#open();
    try {
      database
        .prepare('INSERT INTO containers (id, name, created, record) VALUES (?, ?, ?, ?)')
        .run(record.id, record.name, record.created, JSON.stringify(record));
    } catch (error) {
      if (!/UNIQUE/.test((error as Error).message)) throw error;
      throw new EngineError(
        'NAME_IN_USE',
        `container name ${JSON.stringify(record.name)} is in use: container already exists`,
        { cause: error },
      );
    }
  }

  async setExit(id: string, exit: ContainerExit): Promise<void> {
    (await this.#open()).prepare('UPDATE containers SET exit = ? WHERE id = ?').run(JSON.stringify(exit), id);
  }

  async remove(id: string): Promise<void> {
    if (!existsSync(this.#path)) return;
    (await this.#open()).prepare('DELETE FROM containers WHERE id = ?').run(id);
  }

  async #open(): Promise<DatabaseSync> {
    if (this.#database) return this.#database;
    const { DatabaseSync } = await import('node:sqlite');
    mkdirSync(dirname(this.#path), { recursive: true, mode: 0o700 });
    let database: DatabaseSync;
    try {
      database = new DatabaseSync(this.#path, { timeout: BUSY });
      database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;');
      migrate(database);
    } catch (error) {
      throw new EngineError('STATE_DAMAGED', `opening ${this.#path}: ${(error as Error).message}`, { cause: error });
    }
    this.#database = database;
    return database;
  }

  [Symbol.dispose](): void {
    this.#database?.close();
    this.#database = undefined;
  }
}

function migrate(database: DatabaseSync): void {
  const { user_version: version } = database.prepare('PRAGMA user_version').get() as { user_version: number };
  if (version > VERSION) throw new Error(`it was written by a newer release (format ${version})`);
  if (version === VERSION) return;
  database.exec(`
    BEGIN IMMEDIATE;
    CREATE TABLE IF NOT EXISTS containers (
      id TEXT PRIMARY KEY,
      name TEXT NOT NULL UNIQUE,
      created TEXT NOT NULL,
      record TEXT NOT NULL,
      exit TEXT
    ) STRICT;
    PRAGMA user_version = ${VERSION};
    COMMIT;
  `);
}
