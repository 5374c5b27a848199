/**
 * Who cleans up: the process that holds a lock on the container's `owner` file. The front command holds it from before conmon starts
 * until the end is recorded and everything is cleaned, then unlinks the file; conmon's guard waits for it. Everybody else only looks.
 */
import { closeSync, mkdirSync, openSync, rmSync, statSync } from 'node:fs';
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

  /** For a new container. */
  static create(path: string): Ownership {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    return Ownership.#locked(path, openSync(path, 'a+', 0o600));
  }

  /** Waits for the owner, if there is one. undefined: it has cleaned up. */
  static async take(path: string, signal?: AbortSignal): Promise<Ownership | undefined> {
    let fd: number;
    try {
      fd = openSync(path, 'r+');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
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

  /** Without waiting; undefined where somebody owns it, or there is nothing to own. */
  static tryTake(path: string): Ownership | undefined {
    if (!statSync(path, { throwIfNoEntry: false })) return undefined;
    const fd = openSync(path, 'r+');
    if (linux.tryLock(fd, true) && linux.fstat(fd).nlink > 0) return new Ownership(path, fd);
    closeSync(fd);
    return undefined;
  }

  /** The lock that the guard holds already and handed over. */
  static inherited(path: string, fd: number): Ownership {
    linux.setCloseOnExec(fd, true);
    return new Ownership(path, fd);
  }

  static #locked(path: string, fd: number): Ownership {
    if (linux.tryLock(fd, true)) return new Ownership(path, fd);
    closeSync(fd);
    throw new Error(`${path} is owned by another process`);
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
