/**
 * containers.conf and its drop-ins, merged, typed and checked (containers.conf(5)). Every key that is set is honoured
 * or reported: as unknown, or as known without an effect yet.
 */
import { readFileSync } from 'node:fs';
import { type ContainersFileOptions, containersFiles } from './containers-files.ts';
import { type ContainersSettings, containersSchema, foreignTables, type Key } from './containers-schema.ts';
import { ConfigError } from './errors.ts';

export type { ContainersFileOptions } from './containers-files.ts';
export type { ContainersSettings } from './containers-schema.ts';

export interface ContainersConf extends ContainersSettings {
  /** Files that were read. */
  readonly files: readonly string[];
  /** Set keys that no version knows: worth a debug message. */
  readonly unknown: readonly string[];
  /** Set keys that have no effect yet: worth one warning. */
  readonly withoutEffect: readonly string[];
}

type Table = Record<string, unknown>;

/** Throws ConfigError for a file that can't be read, isn't TOML or holds a value of the wrong type. */
export async function readContainersConf(options: ContainersFileOptions = {}): Promise<ContainersConf> {
  const files = containersFiles(options);
  const merged = new Merge();
  for (const file of files) {
    const text = read(file);
    // Distributions ship files of comments: no parser is loaded for them.
    if (!/^\s*[^\s#]/m.test(text)) continue;
    const { parse, TomlError } = await import('smol-toml');
    try {
      merged.add(file, parse(text) as Table);
    } catch (error) {
      if (!(error instanceof TomlError)) throw error;
      throw new ConfigError('CONFIG_INVALID', file, error.message, { cause: error });
    }
  }
  return { ...merged.settings(), files, unknown: merged.unknown, withoutEffect: merged.withoutEffect };
}

/** Upstream's defaults, with no file read. */
export function defaultContainersConf(): ContainersConf {
  return { ...new Merge().settings(), files: [], unknown: [], withoutEffect: [] };
}

/** Sets `[engine] env` in our own environment, where it isn't set already. */
export function applyEngineEnvironment(conf: ContainersConf, env: NodeJS.ProcessEnv = process.env): void {
  for (const entry of conf.engine.env) {
    const equals = entry.indexOf('=');
    const name = entry.slice(0, equals);
    if (equals > 0 && env[name] === undefined) env[name] = entry.slice(equals + 1);
  }
}

class Merge {
  readonly unknown: string[] = [];
  readonly withoutEffect: string[] = [];
  readonly #values = new Map<string, unknown>();
  /** Lists that once said `{append=true}` keep growing in later files. */
  readonly #appending = new Set<string>();

  add(file: string, document: Table): void {
    for (const [tableName, content] of Object.entries(document)) {
      if (foreignTables.has(tableName)) continue;
      const schema = (containersSchema as Readonly<Record<string, Readonly<Record<string, Key<unknown>>>>>)[tableName];
      if (!schema) {
        note(this.unknown, tableName);
        continue;
      }
      if (!isTable(content)) throw new ConfigError('CONFIG_INVALID', file, `${tableName} must be a table`);
      for (const [name, value] of Object.entries(content)) {
        const key = schema[name];
        const fullName = `${tableName}.${name}`;
        if (!key) note(this.unknown, fullName);
        else this.#set(file, fullName, key, value);
      }
    }
  }

  #set(file: string, name: string, key: Key<unknown>, value: unknown): void {
    const fault = (wanted: string) => new ConfigError('CONFIG_INVALID', file, `${name} must be ${wanted}`);
    const before = this.#values.get(name) ?? key.fallback;
    if (key.later && !isEmptyTable(value)) note(this.withoutEffect, name);
    switch (key.kind) {
      case 'text':
        if (typeof value !== 'string') throw fault('a text');
        this.#values.set(name, value);
        return;
      case 'flag':
        if (typeof value !== 'boolean') throw fault('true or false');
        this.#values.set(name, value);
        return;
      case 'integer':
        if (typeof value !== 'number' || !Number.isInteger(value)) throw fault('an integer');
        this.#values.set(name, value);
        return;
      case 'texts':
        if (!Array.isArray(value)) throw fault('a list');
        this.#values.set(name, this.#list(name, before as readonly unknown[], value));
        if (!key.later && !isTexts(this.#values.get(name))) throw fault('a list of texts');
        return;
      case 'values':
        if (!Array.isArray(value)) throw fault('a list');
        this.#values.set(name, value);
        return;
      case 'table':
        if (!isTable(value)) throw fault('a table');
        this.#values.set(name, { ...(before as Table), ...value });
        return;
      case 'lists':
        if (!isTable(value) || !Object.values(value).every(isTexts)) throw fault('a table of lists of texts');
        this.#values.set(name, { ...(before as Table), ...value });
        return;
    }
  }

  /** A list replaces the earlier one unless it, or an earlier one, holds `{append=true}`. */
  #list(name: string, before: readonly unknown[], value: readonly unknown[]): unknown[] {
    for (const element of value) {
      if (!isTable(element) || typeof element['append'] !== 'boolean') continue;
      if (element['append']) this.#appending.add(name);
      else this.#appending.delete(name);
    }
    const own = value.filter((element) => !isTable(element) || typeof element['append'] !== 'boolean');
    return this.#appending.has(name) ? [...before, ...own] : own;
  }

  settings(): ContainersSettings {
    const settings: Record<string, Table> = {};
    for (const [tableName, schema] of Object.entries(containersSchema)) {
      settings[tableName] = Object.fromEntries(
        Object.entries(schema).map(([name, key]) => [
          name,
          this.#values.has(`${tableName}.${name}`) ? this.#values.get(`${tableName}.${name}`) : key.fallback,
        ]),
      );
    }
    return settings as unknown as ContainersSettings;
  }
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new ConfigError('CONFIG_UNREADABLE', file, (cause as Error).message, { cause });
  }
}

function isTable(value: unknown): value is Table {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date);
}

function isEmptyTable(value: unknown): boolean {
  return isTable(value) && Object.keys(value).length === 0;
}

function isTexts(value: unknown): boolean {
  return Array.isArray(value) && value.every((element) => typeof element === 'string');
}

function note(list: string[], name: string): void {
  if (!list.includes(name)) list.push(name);
}
