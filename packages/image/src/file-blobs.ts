/** Blobs as files: for the transports that keep an image in a folder. */
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import type { WorkerPool } from '@lighter/archive/extract/worker-pool';
import type { BlobSource } from '@lighter/spec/blob';
import type { Digest } from '@lighter/spec/digest';
import { ImageError } from './errors.ts';
import type { PutBlobOptions, StoredBlob } from './types.ts';

/** A file as a blob. */
export function fileBlob(path: string): BlobSource {
  const size = statSync(path, { throwIfNoEntry: false })?.size;
  if (size === undefined) throw new ImageError('LAYOUT_INVALID', `${path} is missing`);
  const recipe = { kind: 'file' as const, path, length: size };
  return {
    size,
    recipe,
    async *stream(signal) {
      const { openRecipe } = await import('@lighter/archive/recipe');
      yield* openRecipe(recipe, signal);
    },
  };
}

/** A blob in a temporary file, gone with its disposal. */
export interface SpooledBlob extends AsyncDisposable {
  readonly blob: BlobSource;
  readonly digest: Digest;
  readonly size: number;
}

/** Writes a blob, whose digest and size may be unknown, into a temporary file. `directory`: default `/var/tmp`. */
export async function spooled(
  blob: BlobSource,
  { signal, directory = '/var/tmp' }: { readonly signal: AbortSignal; readonly directory?: string | undefined },
): Promise<SpooledBlob> {
  const folder = mkdtempSync(`${directory}/container_images_`);
  const remove = async () => rmSync(folder, { recursive: true, force: true });
  try {
    const { WorkerPool } = await import('@lighter/archive/extract/worker-pool');
    await using pool = new WorkerPool();
    const path = `${folder}/blob`;
    const { digest, size } = await pool.download(blob, { path }, { signal });
    return { blob: fileBlob(path), digest: digest as Digest, size, [Symbol.asyncDispose]: remove };
  } catch (error) {
    await remove();
    throw error;
  }
}

/** Writes blobs off the main thread into temporary files, and gives them their names once they are whole and durable. */
export class BlobWriter implements AsyncDisposable {
  readonly #directory: string;
  readonly #prefix: string;
  readonly #pathOf: (digest: Digest) => string;
  readonly #unfinished = new Set<string>();
  readonly #pool: Promise<WorkerPool>;
  #count = 0;

  /** Temporary files are `PREFIXnumber` in `directory`. */
  constructor(directory: string, prefix: string, pathOf: (digest: Digest) => string) {
    this.#directory = directory;
    this.#prefix = prefix;
    this.#pathOf = pathOf;
    // The thread starts while the source is still being asked for its manifest.
    this.#pool = import('@lighter/archive/extract/worker-pool').then(({ WorkerPool }) => {
      const pool = new WorkerPool();
      pool.warm();
      return pool;
    });
  }

  async put(
    blob: BlobSource,
    descriptor: { readonly digest?: Digest; readonly size: number },
    { signal, onProgress }: PutBlobOptions,
  ): Promise<StoredBlob> {
    const path = `${this.#directory}/${this.#prefix}${process.pid}-${this.#count++}`;
    this.#unfinished.add(path);
    const { digest, size } = await (await this.#pool).download(
      blob,
      { path, sync: true, ...(descriptor.digest ? { digest: descriptor.digest } : {}) },
      { ...(signal ? { signal } : {}), ...(onProgress ? { onProgress } : {}) },
    );
    if (descriptor.size >= 0 && size !== descriptor.size) {
      throw new ImageError(
        'DIGEST_MISMATCH',
        `Size mismatch when copying ${digest}, expected ${descriptor.size}, got ${size}`,
      );
    }
    const target = this.#pathOf(digest as Digest);
    mkdirSync(dirname(target), { recursive: true, mode: 0o755 });
    const { chmodSync } = process.getBuiltinModule('node:fs');
    chmodSync(path, 0o644);
    renameSync(path, target);
    this.#unfinished.delete(path);
    return { digest: digest as Digest, size };
  }

  has(digest: Digest): number | undefined {
    const path = this.#pathOf(digest);
    return existsSync(path) ? statSync(path).size : undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await (await this.#pool)[Symbol.asyncDispose]();
    for (const path of this.#unfinished) rmSync(path, { force: true });
  }
}
