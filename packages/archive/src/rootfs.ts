/**
 * Files inside a root file system that somebody else wrote: every path is resolved by the kernel with the folder as
 * its root (openat2, RESOLVE_IN_ROOT), so that no link leads out; only regular files are read, and never more than asked.
 */
import { closeSync, constants, mkdirSync, openSync, readlinkSync, readSync } from 'node:fs';
import { O_PATH, RESOLVE_IN_ROOT, RESOLVE_NO_MAGICLINKS, S_IFMT, S_IFREG } from '@lighter/linux/constants';
import { linux } from '@lighter/linux/native';
import type { FileStatus } from '@lighter/linux/syscalls';
import { ArchiveError } from './errors.ts';
import { cleanPath } from './paths.ts';
import { statusByRoot } from './rootfs-status.ts';
import { type PathBytes, pathOf } from './tar/header.ts';

const inRoot = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;

/** Calls `use` with a descriptor of the folder. */
export function withDirectory<T>(directory: string, use: (fd: number) => T): T {
  const fd = openSync(directory, O_PATH | constants.O_DIRECTORY);
  try {
    return use(fd);
  } finally {
    closeSync(fd);
  }
}

/** Opens a path inside `root`; the caller closes it. Links are followed inside it. */
export function openInRoot(root: string, path: PathBytes, flags: number = constants.O_RDONLY, mode = 0): number {
  // O_NONBLOCK keeps a fifo from hanging us; O_PATH opens nothing and refuses it.
  const safe = flags & O_PATH ? flags : flags | constants.O_NONBLOCK;
  return withDirectory(root, (fd) => linux.openat2(fd, path.length === 0 ? '.' : path, safe, mode, inRoot));
}

/**
 * Content of a small regular file inside `root`; undefined when it isn't there. Throws LIMIT_EXCEEDED for a larger file and
 * PATH_INVALID for anything but a regular file.
 */
export function readFileInRoot(root: string, path: string, maxBytes: number): Buffer | undefined {
  let fd: number;
  try {
    fd = openInRoot(root, path);
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes((error as { code?: string }).code ?? '')) return undefined;
    throw error;
  }
  try {
    const status = linux.fstat(fd);
    if ((status.mode & S_IFMT) !== S_IFREG)
      throw new ArchiveError('PATH_INVALID', `${path} in ${root} isn't a regular file`);
    const buffer = Buffer.alloc(Math.min(status.size, maxBytes) + 1);
    let length = 0;
    for (let got = -1; got !== 0 && length < buffer.length; length += got)
      got = readSync(fd, buffer, length, buffer.length - length, null);
    if (length > maxBytes)
      throw new ArchiveError('LIMIT_EXCEEDED', `${path} in ${root} is larger than ${maxBytes} bytes`);
    return buffer.subarray(0, length);
  } finally {
    closeSync(fd);
  }
}

/**
 * Where a path inside `root` leads once all links are followed there: below the root, without a leading slash; '' is the root
 * itself. Throws ENOENT when it isn't there. Another process may change it at any time, so open rather than trust it.
 */
export function realpathInRoot(root: string, path: string): PathBytes {
  return withDirectory(root, (rootFd) => {
    const fd = linux.openat2(rootFd, path === '' ? '.' : path, O_PATH, 0, inRoot);
    try {
      const top = readlinkSync(`/proc/self/fd/${rootFd}`, { encoding: 'buffer' });
      const found = readlinkSync(`/proc/self/fd/${fd}`, { encoding: 'buffer' });
      return cleanPath(pathOf(found.subarray(top.length)));
    } finally {
      closeSync(fd);
    }
  });
}

/** Status of what a path inside `root` means, all links followed there; undefined when it isn't there. */
export function statusInRoot(root: string, path: string): FileStatus | undefined {
  return withDirectory(root, (fd) => statusByRoot(fd, path));
}

/** Makes a folder and its parents inside `root`, each mode 0755 and the process's own; what is there stays as it is. */
export function makeDirectoryInRoot(root: string, path: string): void {
  const parts = path.split('/').filter((part) => part !== '' && part !== '.');
  for (let count = 1; count <= parts.length; count++) {
    const parent = openInRoot(root, parts.slice(0, count - 1).join('/'), O_PATH | constants.O_DIRECTORY);
    try {
      makeDirectory(parent, parts[count - 1] ?? '');
    } finally {
      closeSync(parent);
    }
  }
}

function makeDirectory(parent: number, name: string): void {
  try {
    mkdirSync(`/proc/self/fd/${parent}/${name}`, 0o755);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}
