/**
 * Confines a worker thread to one folder at a time: the thread leaves the process's shared file system state, and then
 * makes a layer's folder its root directory for the length of a synchronous call. Only synchronous calls are confined;
 * asynchronous ones run in libuv's pool, whose threads keep the process's root.
 */
import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { CLONE_FS } from '@lighter/linux/constants';
import { linux } from '@lighter/linux/native';

let realRoot: Promise<FileHandle> | undefined;

/** Opening through the pool also starts it, from a thread that still shares the process's root. */
function leaveSharedState(): Promise<FileHandle> {
  realRoot ??= open('/', constants.O_RDONLY | constants.O_DIRECTORY).then((handle) => {
    linux.unshare(CLONE_FS);
    linux.umask(0);
    return handle;
  });
  return realRoot;
}

/** A folder that the calling worker can make its root. Never use it on the main thread. */
export class ConfinedRoot implements AsyncDisposable {
  readonly #directory: FileHandle;
  readonly #realRoot: FileHandle;

  private constructor(directory: FileHandle, root: FileHandle) {
    this.#directory = directory;
    this.#realRoot = root;
  }

  static async open(directory: string): Promise<ConfinedRoot> {
    const root = await leaveSharedState();
    return new ConfinedRoot(await open(directory, constants.O_RDONLY | constants.O_DIRECTORY), root);
  }

  /** Runs `work`, which must be synchronous, with the folder as root and working directory. */
  run<T>(work: () => T): T {
    linux.fchdir(this.#directory.fd);
    linux.chroot('.');
    try {
      return work();
    } finally {
      linux.fchdir(this.#realRoot.fd);
      linux.chroot('.');
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#directory.close();
  }
}
