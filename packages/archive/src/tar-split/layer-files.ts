/** Files of a layer by name, from the first of its directories that has them. Links among a name's parents stay in the layer. */
import { closeSync, constants, openSync } from 'node:fs';
import { O_PATH, RESOLVE_IN_ROOT, RESOLVE_NO_MAGICLINKS, S_IFMT, S_IFREG } from '@lighter/linux/constants';
import { linux } from '@lighter/linux/native';
import { ArchiveError } from '../errors.ts';
import { type PathBytes, printable } from '../tar/header.ts';

export class LayerFiles implements Disposable {
  readonly #directories: number[];

  constructor(directories: readonly string[]) {
    this.#directories = directories.map((directory) => openSync(directory, O_PATH | constants.O_DIRECTORY));
  }

  /** Opens a regular file; the caller closes it. Throws INTEGRITY when no directory has it. */
  open(path: PathBytes): number {
    const fd = this.#find(path);
    if ((linux.fstat(fd).mode & S_IFMT) === S_IFREG) return fd;
    closeSync(fd);
    throw new ArchiveError('INTEGRITY', `${printable(path)} isn't a regular file any more`);
  }

  #find(path: PathBytes): number {
    // O_NONBLOCK keeps a fifo from hanging us.
    const flags = constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW;
    let missing: unknown;
    for (const directory of this.#directories) {
      try {
        return linux.openat2(directory, path, flags, 0, RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS);
      } catch (error) {
        if (!['ENOENT', 'ENOTDIR', 'ELOOP'].includes((error as { code?: string }).code ?? '')) throw error;
        missing = error;
      }
    }
    throw new ArchiveError('INTEGRITY', `${printable(path)} is missing from the layer`, { cause: missing });
  }

  [Symbol.dispose](): void {
    for (const fd of this.#directories) closeSync(fd);
  }
}
