/** The cache as a database file, in the layout that the Go tools read and write too (image: blobinfocache/sqlite). */
import { existsSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import type { Digest } from '@lighter/spec/digest';

const SCHEMA = `
CREATE TABLE IF NOT EXISTS DigestUncompressedPairs(
  anyDigest TEXT PRIMARY KEY NOT NULL, uncompressedDigest TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS DigestUncompressedPairs_index_uncompressedDigest
  ON DigestUncompressedPairs(uncompressedDigest);
CREATE TABLE IF NOT EXISTS DigestCompressors(digest TEXT PRIMARY KEY NOT NULL, compressor TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS KnownLocations(
  transport TEXT NOT NULL, scope TEXT NOT NULL, digest TEXT NOT NULL, location TEXT NOT NULL, time TIMESTAMP NOT NULL,
  PRIMARY KEY (transport, scope, digest, location));
CREATE TABLE IF NOT EXISTS DigestTOCUncompressedPairs(
  tocDigest TEXT PRIMARY KEY NOT NULL, uncompressedDigest TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS DigestSpecificVariantCompressors(
  digest TEXT PRIMARY KEY NOT NULL, specificVariantCompressor TEXT NOT NULL, specificVariantAnnotations BLOB NOT NULL);
`;
/** Milliseconds that another process may hold the file. */
const PATIENCE = 2000;

/** A blob of the same content, and a repository of the registry that had it. */
export interface KnownBlob {
  readonly digest: Digest;
  readonly compressor: string | undefined;
  readonly location: string | undefined;
}

export type Fact =
  | { readonly kind: 'content'; readonly digest: Digest; readonly uncompressed: Digest }
  | { readonly kind: 'compressor'; readonly digest: Digest; readonly compressor: string }
  | { readonly kind: 'location'; readonly registry: string; readonly digest: Digest; readonly repository: string };

export class CacheDatabase implements Disposable {
  readonly #database: DatabaseSync;

  private constructor(database: DatabaseSync) {
    this.#database = database;
  }

  /** `create`: for writing; else undefined where there is no file. */
  static open(path: string, create: boolean): CacheDatabase | undefined {
    if (!create && !existsSync(path)) return undefined;
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    const { DatabaseSync } = process.getBuiltinModule('node:sqlite');
    const database = new DatabaseSync(path, { timeout: PATIENCE, readOnly: !create });
    if (create) database.exec(`PRAGMA synchronous = FULL; ${SCHEMA}`);
    return new CacheDatabase(database);
  }

  /** Where in a registry a blob is, newest first. */
  locations(registry: string, digest: Digest): string[] {
    const query = this.#database.prepare(
      "SELECT location FROM KnownLocations WHERE transport = 'docker' AND scope = ? AND digest = ? ORDER BY time DESC",
    );
    return query.all(registry, digest).flatMap(({ location }) => pathIn(registry, location) ?? []);
  }

  /** Other blobs with the content of this one, as far as it is known how they are compressed. */
  substitutes(registry: string, digest: Digest): KnownBlob[] {
    const query = this.#database.prepare(`
      SELECT pair.anyDigest AS digest, compressor, location
      FROM DigestUncompressedPairs AS own
      JOIN DigestUncompressedPairs AS pair ON pair.uncompressedDigest = own.uncompressedDigest
      JOIN DigestCompressors ON DigestCompressors.digest = pair.anyDigest
      LEFT JOIN KnownLocations ON KnownLocations.digest = pair.anyDigest AND transport = 'docker' AND scope = ?
      WHERE own.anyDigest = ? AND pair.anyDigest != ? ORDER BY time DESC`);
    return query.all(registry, digest, digest).map((row) => ({
      digest: String(row['digest']) as Digest,
      compressor: String(row['compressor']),
      location: pathIn(registry, row['location']),
    }));
  }

  /** Whether a fact needn't be told: writing takes the disk's time. */
  knows(fact: Fact): boolean {
    switch (fact.kind) {
      case 'content':
        return this.#has('DigestUncompressedPairs WHERE anyDigest = ? AND uncompressedDigest = ?', [
          fact.digest,
          fact.uncompressed,
        ]);
      case 'compressor':
        return this.#has('DigestCompressors WHERE digest = ? AND compressor = ?', [fact.digest, fact.compressor]);
      case 'location':
        return this.#has("KnownLocations WHERE transport = 'docker' AND scope = ? AND digest = ? AND location = ?", [
          fact.registry,
          fact.digest,
          `${fact.registry}/${fact.repository}`,
        ]);
    }
  }

  #has(condition: string, values: readonly string[]): boolean {
    return this.#database.prepare(`SELECT 1 FROM ${condition}`).get(...values) !== undefined;
  }

  write(facts: readonly Fact[]): void {
    const database = this.#database;
    database.exec('BEGIN IMMEDIATE');
    try {
      const content = database.prepare('INSERT OR REPLACE INTO DigestUncompressedPairs VALUES (?, ?)');
      const compressor = database.prepare('INSERT OR REPLACE INTO DigestCompressors VALUES (?, ?)');
      const location = database.prepare("INSERT OR REPLACE INTO KnownLocations VALUES ('docker', ?, ?, ?, ?)");
      for (const fact of facts) {
        if (fact.kind === 'content') {
          // Either names itself as well, so that each finds the other.
          content.run(fact.digest, fact.uncompressed);
          content.run(fact.uncompressed, fact.uncompressed);
        } else if (fact.kind === 'compressor') compressor.run(fact.digest, fact.compressor);
        else location.run(fact.registry, fact.digest, `${fact.registry}/${fact.repository}`, goTimestamp(new Date()));
      }
      database.exec('COMMIT');
    } catch (error) {
      database.exec('ROLLBACK');
      throw error;
    }
  }

  [Symbol.dispose](): void {
    this.#database.close();
  }
}

/** Locations are whole names of repositories; undefined for one of another registry. */
function pathIn(registry: string, location: unknown): string | undefined {
  return typeof location === 'string' && location.startsWith(`${registry}/`)
    ? location.slice(registry.length + 1)
    : undefined;
}

/** As Go's driver writes times. */
function goTimestamp(date: Date): string {
  return `${date.toISOString().replace('T', ' ').slice(0, -1)}+00:00`;
}
