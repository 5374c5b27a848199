/**
 * Who cleans up: the process that holds a lock on the container's `owner` file. The front command holds it from before conmon starts
 * until the end is recorded and everything is cleaned, then unlinks the file; conmon's guard waits for it. Everybody else only looks.
 */
import { closeSync, mkdirSync, openSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { linux } from '@lighter/linux/native';

export class Ownership implements Disposable {
  readonly #path: string;
  readonly #fd: number;
  #open = true;

  private constructor(path: string, fd: number) {
    this.#path = path;
    this.#fd = fd;
  }

  /** Makes the file where it is missing. undefined: somebody else owns the container. */
  static claim(path: string): Ownership | undefined {
    for (;;) {
      const fd = openOrMake(path);
      if (!linux.tryLock(fd, true)) {
        closeSync(fd);
        return undefined;
      }
      if (linux.fstat(fd).nlink > 0) return new Ownership(path, fd);
      // The owner before us finished in between.
      closeSync(fd);
    }
  }

  /** Without waiting. undefined: there is nothing to own, as everything is cleaned. */
  static claimExisting(path: string): Ownership | 'owned' | undefined {
    const fd = openExisting(path);
    if (fd === undefined) return undefined;
    if (linux.tryLock(fd, true)) {
      if (linux.fstat(fd).nlink > 0) return new Ownership(path, fd);
      closeSync(fd);
      return undefined;
    }
    closeSync(fd);
    return 'owned';
  }

  /** Waits for the owner, if there is one. undefined: nothing is left to own, as everything is cleaned. */
  static async wait(path: string, signal?: AbortSignal): Promise<Ownership | undefined> {
    const fd = openExisting(path);
    if (fd === undefined) return undefined;
    try {
      await linux.waitLock(fd, true, signal);
    } catch (error) {
      closeSync(fd);
      throw error;
    }
    if (linux.fstat(fd).nlink > 0) return new Ownership(path, fd);
    closeSync(fd);
    return undefined;
  }

  /** The lock that the guard holds already and handed over. */
  static inherited(path: string, fd: number): Ownership {
    linux.setCloseOnExec(fd, true);
    return new Ownership(path, fd);
  }

  /** Everything is cleaned: nobody needs to look after this run any more. */
  finish(): void {
    rmSync(this.#path, { force: true });
    this[Symbol.dispose]();
  }

  /** Leaves the container to conmon's guard. */
  [Symbol.dispose](): void {
    if (!this.#open) return;
    this.#open = false;
    linux.unlock(this.#fd);
    closeSync(this.#fd);
  }
}

function openOrMake(path: string): number {
  try {
    return openSync(path, 'a+', 0o600);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    return openSync(path, 'a+', 0o600);
  }
}

function openExisting(path: string): number | undefined {
  try {
    return openSync(path, 'r+');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
