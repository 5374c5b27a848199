/**
 * Walks a tree that somebody else may be changing meanwhile. Each directory is opened below its parent's descriptor without
 * following links, and names are looked up below descriptors, so that no link swapped in leads out of the tree.
 */
import { closeSync, constants, readdirSync } from 'node:fs';
import { RESOLVE_BENEATH, RESOLVE_NO_SYMLINKS, S_IFDIR, S_IFMT } from '@lighter/linux/constants';
import { linux } from '@lighter/linux/native';
import type { FileStatus } from '@lighter/linux/syscalls';
import { below } from '../paths.ts';
import { type PathBytes, pathOf } from '../tar/header.ts';

export interface TreeEntry {
  /** From the top of the tree on, without a leading slash. */
  readonly path: PathBytes;
  readonly name: PathBytes;
  /** Where system calls reach the entry until the walk goes on; its last part must not be followed. */
  readonly place: PathBytes;
  readonly status: FileStatus;
}

/** `contents`: the entry itself is left out, but what is in it is looked at. */
export type Selection = boolean | 'contents';

/** Asked for every entry; a directory that it leaves out isn't entered. Paths that aren't UTF-8 are given as latin1. */
export type Include = (path: string, isDirectory: boolean) => Selection;

interface Level {
  readonly fd: number;
  readonly path: PathBytes;
  readonly names: readonly Buffer[];
  next: number;
}

/** Depth first and bytewise by name, as Go's filepath.Walk. The top itself isn't among the entries. */
export function* walkTree(topFd: number, include?: Include): Generator<TreeEntry> {
  // The descriptor of the top belongs to the caller.
  const levels: Level[] = [levelOf(topFd, '')];
  try {
    for (let level = levels.at(-1); level; level = levels.at(-1)) {
      const name = level.names[level.next++];
      if (!name) {
        levels.pop();
        if (level.fd !== topFd) closeSync(level.fd);
        continue;
      }
      const entry = entryAt(level, pathOf(name));
      if (!entry) continue;
      const isDirectory = (entry.status.mode & S_IFMT) === S_IFDIR;
      const selection = include ? include(textOf(entry.path), isDirectory) : true;
      if (selection === true) yield entry;
      if (isDirectory && selection !== false) {
        const fd = openBelow(level.fd, entry.name);
        if (fd !== undefined) levels.push(levelOf(fd, entry.path));
      }
    }
  } finally {
    for (const { fd } of levels) if (fd !== topFd) closeSync(fd);
  }
}

function levelOf(fd: number, path: PathBytes): Level {
  const names = readdirSync(`/proc/self/fd/${fd}`, { encoding: 'buffer' }) as unknown as Buffer[];
  return { fd, path, names: names.sort(Buffer.compare), next: 0 };
}

/** undefined: gone since the directory was listed. */
function entryAt(level: Level, name: PathBytes): TreeEntry | undefined {
  const place = below(`/proc/self/fd/${level.fd}`, name);
  try {
    return { path: below(level.path, name), name, place, status: linux.lstat(place) };
  } catch (error) {
    if ((error as { code?: string }).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** undefined: gone, or no directory any more. */
function openBelow(parent: number, name: PathBytes): number | undefined {
  try {
    return linux.openat2(
      parent,
      name,
      constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW,
      0,
      RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS,
    );
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'ELOOP'].includes((error as { code?: string }).code ?? '')) return undefined;
    throw error;
  }
}

function textOf(path: PathBytes): string {
  return typeof path === 'string' ? path : path.toString('latin1');
}
