/**
 * What copies have learnt of blobs: which have the same content, how they are compressed, and which repositories have them. It
 * only saves work: whatever goes wrong with it is as if nothing were known.
 */
import { rootlessUid } from '@lighter/linux/launched';
import type { Digest } from '@lighter/spec/digest';
import type { Fact, KnownBlob } from './database.ts';

export class BlobCache {
  readonly #path: string;
  /** Told together at the end of a copy: a write takes the disk's time. */
  readonly #news = new Map<string, Fact>();

  constructor(path: string) {
    this.#path = path;
  }

  /** Repositories of a registry (host and port) that had the blob, newest first. */
  locations(registry: string, digest: Digest): Promise<readonly string[]> {
    return this.#ask((database) => database.locations(registry, digest));
  }

  /** Blobs of the same content in another form, those that were seen in the registry first. */
  async substitutes(registry: string, digest: Digest): Promise<readonly KnownBlob[]> {
    const found = await this.#ask((database) => database.substitutes(registry, digest));
    return [...found.filter(({ location }) => location), ...found.filter(({ location }) => !location)];
  }

  /** Only what this process has verified may be told. */
  learn(fact: Fact): void {
    this.#news.set(JSON.stringify(fact), fact);
  }

  async save(): Promise<void> {
    const told = [...this.#news.values()];
    this.#news.clear();
    if (told.length === 0) return;
    const known = await this.#ask((database) => told.filter((fact) => database.knows(fact)));
    const facts = told.filter((fact) => !known.includes(fact));
    if (facts.length === 0) return;
    try {
      const { CacheDatabase } = await import('./database.ts');
      using database = CacheDatabase.open(this.#path, true);
      database?.write(facts);
    } catch {
      // A cache that can't be written is no reason to fail.
    }
  }

  async #ask<T>(question: (database: import('./database.ts').CacheDatabase) => readonly T[]): Promise<readonly T[]> {
    try {
      const { CacheDatabase } = await import('./database.ts');
      using database = CacheDatabase.open(this.#path, false);
      return database ? question(database) : [];
    } catch {
      return [];
    }
  }
}

const caches = new Map<string, BlobCache>();

/** The process's cache in a folder; default: the system's, or the user's own. */
export function blobCache(directory = defaultDirectory()): BlobCache {
  const path = `${directory}/blob-info-cache-v1.sqlite`;
  const cache = caches.get(path) ?? new BlobCache(path);
  caches.set(path, cache);
  return cache;
}

function defaultDirectory(env: NodeJS.ProcessEnv = process.env): string {
  const isRoot = rootlessUid() === undefined && process.geteuid?.() === 0;
  const data = isRoot ? '/var/lib' : env['XDG_DATA_HOME'] || `${env['HOME'] ?? ''}/.local/share`;
  return `${data}/containers/cache`;
}
