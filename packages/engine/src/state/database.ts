/**
 * state.db: what outlives a boot, such as containers and how their last run ended. One transaction per create, end and rm; opened
 * only when there is something to read or write.
 */
import { existsSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { EngineError } from '../errors.ts';
import type { ContainerExit, ContainerRecord } from '../record.ts';

/** What each format added to the one before. A database is brought to the newest one when it is first written to. */
const FORMATS: readonly string[] = [
  `CREATE TABLE containers (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    created TEXT NOT NULL,
    record TEXT NOT NULL,
    exit TEXT
  ) STRICT;`,
  `CREATE TABLE volumes (
    name TEXT PRIMARY KEY,
    record TEXT NOT NULL
  ) STRICT;`,
];
/** Milliseconds to wait for another writer. */
const BUSY = 30_000;

export interface StoredContainer {
  readonly record: ContainerRecord;
  readonly exit?: ContainerExit;
}

interface Row {
  readonly record: string;
  readonly exit: string | null;
}

export class StateDatabase implements Disposable {
  readonly #path: string;
  #reading: DatabaseSync | undefined;
  #writing: DatabaseSync | undefined;

  constructor(path: string) {
    this.#path = path;
  }

  /** Oldest first; nothing where no container was ever created. */
  async all(): Promise<StoredContainer[]> {
    const database = await this.reading();
    if (!database) return [];
    return (database.prepare('SELECT record, exit FROM containers ORDER BY created, id').all() as unknown as Row[]).map(
      fromRow,
    );
  }

  async byId(id: string): Promise<StoredContainer | undefined> {
    const database = await this.reading();
    const row = database?.prepare('SELECT record, exit FROM containers WHERE id = ?').get(id) as unknown as
      | Row
      | undefined;
    return row && fromRow(row);
  }

  async add(record: ContainerRecord): Promise<void> {
    const database = await this.writing();
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

  /** Replaces a record; its name may be another one. */
  async update(record: ContainerRecord): Promise<void> {
    (await this.writing())
      .prepare('UPDATE containers SET name = ?, record = ? WHERE id = ?')
      .run(record.name, JSON.stringify(record), record.id);
  }

  async setExit(id: string, exit: ContainerExit): Promise<void> {
    (await this.writing()).prepare('UPDATE containers SET exit = ? WHERE id = ?').run(JSON.stringify(exit), id);
  }

  async remove(id: string): Promise<void> {
    if (!existsSync(this.#path)) return;
    (await this.writing()).prepare('DELETE FROM containers WHERE id = ?').run(id);
  }

  /** For other tables too, which an older database lacks: see `hasTable`. undefined where there is no database. */
  async reading(): Promise<DatabaseSync | undefined> {
    const open = this.#writing ?? this.#reading;
    if (open) return open;
    if (!existsSync(this.#path)) return undefined;
    const database = await this.#open(true);
    if (versionOf(database) > 0) {
      this.#reading = database;
      return database;
    }
    database.close(); // somebody is just making it
    return undefined;
  }

  /** With all tables of the newest format. */
  async writing(): Promise<DatabaseSync> {
    if (this.#writing) return this.#writing;
    mkdirSync(dirname(this.#path), { recursive: true, mode: 0o700 });
    this.#reading?.close();
    this.#reading = undefined;
    this.#writing = await this.#open(false);
    return this.#writing;
  }

  async #open(readOnly: boolean): Promise<DatabaseSync> {
    const { DatabaseSync } = await import('node:sqlite');
    let database: DatabaseSync | undefined;
    try {
      database = new DatabaseSync(this.#path, { timeout: BUSY, readOnly });
      // A record that is lost would take the container's data with it when leftovers are swept: each commit is synced.
      if (!readOnly) database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;');
      if (versionOf(database) > FORMATS.length) {
        throw new Error(`it was written by a newer release (format ${versionOf(database)})`);
      }
      if (!readOnly && versionOf(database) < FORMATS.length) upgrade(database);
      return database;
    } catch (error) {
      database?.close();
      throw new EngineError('STATE_DAMAGED', `opening ${this.#path}: ${(error as Error).message}`, { cause: error });
    }
  }

  [Symbol.dispose](): void {
    this.#reading?.close();
    this.#writing?.close();
    this.#reading = this.#writing = undefined;
  }
}

function fromRow({ record, exit }: Row): StoredContainer {
  return { record: JSON.parse(record), ...(exit === null ? {} : { exit: JSON.parse(exit) }) };
}

function versionOf(database: DatabaseSync): number {
  return (database.prepare('PRAGMA user_version').get() as { user_version: number }).user_version;
}

/** Several commands may come here at once: the version counts that is found under the lock. */
function upgrade(database: DatabaseSync): void {
  database.exec('BEGIN IMMEDIATE');
  try {
    for (const format of FORMATS.slice(versionOf(database))) database.exec(format);
    database.exec(`PRAGMA user_version = ${FORMATS.length}`);
    database.exec('COMMIT');
  } catch (error) {
    database.exec('ROLLBACK');
    throw error;
  }
}

/** Whether a database that was opened for reading is new enough to have the table. */
export function hasTable(database: DatabaseSync, name: string): boolean {
  return database.prepare("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?").get(name) !== undefined;
}
