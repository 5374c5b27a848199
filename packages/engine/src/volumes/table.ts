/** All volumes, in the state database. Which containers use one is written in the containers' own records. */
import { EngineError } from '../errors.ts';
import { hasTable, type StateDatabase } from '../state/database.ts';
import type { VolumeRecord } from './record.ts';

export class VolumeTable {
  readonly #database: StateDatabase;

  constructor(database: StateDatabase) {
    this.#database = database;
  }

  /** By name. */
  async all(): Promise<VolumeRecord[]> {
    const database = await this.#database.reading();
    if (!database || !hasTable(database, 'volumes')) return [];
    const rows = database.prepare('SELECT record FROM volumes ORDER BY name').all() as unknown as { record: string }[];
    return rows.map(({ record }) => JSON.parse(record) as VolumeRecord);
  }

  /** By exact name. */
  async byName(name: string): Promise<VolumeRecord | undefined> {
    const database = await this.#database.reading();
    if (!database || !hasTable(database, 'volumes')) return undefined;
    const row = database.prepare('SELECT record FROM volumes WHERE name = ?').get(name);
    return row && (JSON.parse(row['record'] as string) as VolumeRecord);
  }

  /** By exact name or a unique beginning of one. */
  async get(text: string): Promise<VolumeRecord> {
    const exact = await this.byName(text);
    if (exact) return exact;
    const matches = text === '' ? [] : (await this.all()).filter(({ name }) => name.startsWith(text));
    if (matches.length > 1) {
      throw new EngineError('VOLUME_UNKNOWN', `more than one result for volume name ${text}: volume already exists`);
    }
    const [found] = matches;
    if (!found) throw new EngineError('VOLUME_UNKNOWN', `no volume with name "${text}" found: no such volume`);
    return found;
  }

  async add(record: VolumeRecord): Promise<void> {
    const database = await this.#database.writing();
    try {
      database.prepare('INSERT INTO volumes (name, record) VALUES (?, ?)').run(record.name, JSON.stringify(record));
    } catch (cause) {
      if (!/UNIQUE/.test((cause as Error).message)) throw cause;
      throw new EngineError('VOLUME_EXISTS', `volume with name ${record.name} already exists: volume already exists`, {
        cause,
      });
    }
  }

  async update(record: VolumeRecord): Promise<void> {
    const database = await this.#database.writing();
    database.prepare('UPDATE volumes SET record = ? WHERE name = ?').run(JSON.stringify(record), record.name);
  }

  async remove(name: string): Promise<void> {
    (await this.#database.writing()).prepare('DELETE FROM volumes WHERE name = ?').run(name);
  }
}
