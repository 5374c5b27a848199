/** Files that are there whole or not at all: temporary file, sync, rename. */
import { closeSync, fdatasyncSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { goJson } from '@lighter/spec/go-json';
import { StorageError } from './errors.ts';

/**
 * Replaces a file. `sync` makes the data durable before the name points to it; leave it out where losing the file at a power
 * failure does no harm. `alone`: a lock keeps other writers away, so that what a crash leaves is used again instead of piling up.
 */
export function writeFileAtomically(
  path: string,
  data: string | Uint8Array,
  { sync, mode = 0o600, alone = false }: { sync: boolean; mode?: number; alone?: boolean },
): void {
  const temporary = `${dirname(path)}/.tmp-${basename(path)}${alone ? 0 : Math.floor(Math.random() * 1e9)}`;
  const fd = openSync(temporary, alone ? 'w' : 'wx', mode);
  try {
    try {
      writeFileSync(fd, data);
      if (sync) fdatasyncSync(fd);
    } finally {
      closeSync(fd);
    }
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

/** A JSON array of records with ids. Empty and missing files are empty arrays; anything else names the file. */
export function readRecords<T extends { id: string }>(path: string): T[] {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
  if (text === '') return [];
  let records: unknown;
  try {
    records = JSON.parse(text);
  } catch (error) {
    throw new StorageError('RECORD_INVALID', `loading ${JSON.stringify(path)}: ${(error as Error).message}`, {
      cause: error,
    });
  }
  if (records === null) return [];
  const valid =
    Array.isArray(records) &&
    records.every((record) => typeof record?.id === 'string' && /^[0-9a-f]{64}$/.test(record.id));
  if (!valid)
    throw new StorageError('RECORD_INVALID', `loading ${JSON.stringify(path)}: not a list of records with ids`);
  return records as T[];
}

export function writeRecords(path: string, records: readonly unknown[], sync: boolean): void {
  writeFileAtomically(path, goJson(records), { sync, alone: true });
}
