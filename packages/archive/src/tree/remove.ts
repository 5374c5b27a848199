/** Removes what is at a name, a whole tree if it is one, without ever following a link (as `rm -r` by descriptors). */
import { closeSync, constants, readdirSync, rmdirSync, unlinkSync } from 'node:fs';
import { RESOLVE_BENEATH, RESOLVE_NO_SYMLINKS, S_IFDIR, S_IFMT } from '@lighter/linux/constants';
import { linux } from '@lighter/linux/native';
import { below } from '../paths.ts';
import type { PathBytes } from '../tar/header.ts';

/** `parent` is the directory's descriptor. What isn't there is fine. */
export function removeAt(parent: number, name: PathBytes): void {
  const place = below(`/proc/self/fd/${parent}`, name);
  try {
    if ((linux.lstat(place).mode & S_IFMT) !== S_IFDIR) return unlinkSync(place);
    const fd = linux.openat2(
      parent,
      name,
      constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW,
      0,
      RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS,
    );
    try {
      for (const inner of readdirSync(`/proc/self/fd/${fd}`, { encoding: 'buffer' }) as unknown as Buffer[])
        removeAt(fd, inner);
    } finally {
      closeSync(fd);
    }
    rmdirSync(place);
  } catch (error) {
    if ((error as { code?: string }).code !== 'ENOENT') throw error;
  }
}
