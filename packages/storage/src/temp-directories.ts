/**
 * Folders of work in progress beside the store (storage: internal/tempdir): `lock-N` is held by a live owner of
 * `temp-dir-N`; whatever nobody holds is swept by the next command of any tool.
 */
import { closeSync, mkdirSync, openSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { basename } from 'node:path';
import { linux } from '@lighter/linux/native';

export class TempDirectory implements Disposable {
  readonly path: string;
  readonly #lockPath: string;
  readonly #fd: number;
  #count = 0;

  private constructor(path: string, lockPath: string, fd: number) {
    this.path = path;
    this.#lockPath = lockPath;
    this.#fd = fd;
  }

  static create(root: string): TempDirectory {
    mkdirSync(root, { recursive: true, mode: 0o700 });
    for (;;) {
      const number = Math.floor(Math.random() * 2 ** 31);
      const lockPath = `${root}/lock-${number}`;
      let fd: number;
      try {
        fd = openSync(lockPath, 'wx+', 0o600);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'EEXIST') continue;
        throw error;
      }
      // A sweeper may have been quicker between the two calls.
      if (!linux.tryLock(fd, true)) {
        closeSync(fd);
        continue;
      }
      const path = `${root}/temp-dir-${number}`;
      mkdirSync(path, { mode: 0o700 });
      return new TempDirectory(path, lockPath, fd);
    }
  }

  /** A name for something new in the folder. */
  addition(): string {
    return `${this.path}/${this.#count++}-addition`;
  }

  /** Moves something away, to be deleted with the folder. What isn't there is no error. */
  take(path: string): void {
    try {
      renameSync(path, `${this.path}/${this.#count++}-${basename(path)}`);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
  }

  /** Deletes what was moved here already now. */
  empty(): void {
    for (const name of readdirSync(this.path)) removeTree(`${this.path}/${name}`);
  }

  [Symbol.dispose](): void {
    removeTree(this.path);
    rmSync(this.#lockPath, { force: true });
    closeSync(this.#fd);
  }
}

/** Removes the folders that nobody owns any more. */
export function sweepTempDirectories(root: string): void {
  let names: string[];
  try {
    names = readdirSync(root);
  } catch {
    return; // never used
  }
  const numbers = new Set(
    names.map((name) => /^(?:lock|temp-dir)-(\d+)$/.exec(name)?.[1]).filter((number) => number !== undefined),
  );
  for (const number of numbers) {
    let fd: number;
    try {
      fd = openSync(`${root}/lock-${number}`, 'a+', 0o600);
    } catch {
      continue; // a store that we may only read
    }
    try {
      if (!linux.tryLock(fd, true)) continue;
      removeTree(`${root}/temp-dir-${number}`);
      rmSync(`${root}/lock-${number}`, { force: true });
    } finally {
      closeSync(fd);
    }
  }
}

/** Retries while something below is still mounted somewhere (EBUSY). */
export function removeTree(path: string): void {
  rmSync(path, { recursive: true, force: true, maxRetries: 5, retryDelay: 20 });
}
