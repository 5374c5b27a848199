/** What a name is, looked up below a directory's descriptor. */
import { closeSync, constants } from 'node:fs';
import {
  O_PATH,
  RESOLVE_BENEATH,
  RESOLVE_IN_ROOT,
  RESOLVE_NO_MAGICLINKS,
  RESOLVE_NO_SYMLINKS,
  S_IFMT,
} from '@lighter/linux/constants';
import { linux } from '@lighter/linux/native';
import type { FileStatus } from '@lighter/linux/syscalls';
import type { PathBytes } from './tar/header.ts';

/** Status of a path below `fd` with no link among its parents nor at its end; undefined when it isn't there. */
export function statusBeneath(fd: number, path: PathBytes): FileStatus | undefined {
  return statusBy(fd, path, O_PATH | constants.O_NOFOLLOW, RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS);
}

/**
 * Status of what a path means with `fd` as root, all links followed inside it; undefined when it isn't there, or isn't of
 * the kind asked for (S_IF*).
 */
export function statusByRoot(fd: number, path: PathBytes, kind?: number): FileStatus | undefined {
  const status = statusBy(fd, path.length === 0 ? '.' : path, O_PATH, RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS);
  return status && (kind === undefined || (status.mode & S_IFMT) === kind) ? status : undefined;
}

function statusBy(fd: number, path: PathBytes, flags: number, resolve: number): FileStatus | undefined {
  let found: number;
  try {
    found = linux.openat2(fd, path, flags, 0, resolve);
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'ELOOP'].includes((error as { code?: string }).code ?? '')) return undefined;
    throw error;
  }
  try {
    return linux.fstat(found);
  } finally {
    closeSync(found);
  }
}
