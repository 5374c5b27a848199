/**
 * Reading and making things inside a container's root file system. Whatever a hostile image puts there, nothing
 * outside is touched: the kernel resolves every path with the root file system as its root (openat2(2),
 * RESOLVE_IN_ROOT).
 */
import {
  chmodSync,
  closeSync,
  constants,
  fchownSync,
  fstatSync,
  mkdirSync,
  openSync,
  readSync,
  symlinkSync,
  writeSync,
} from 'node:fs';
import { O_PATH, RESOLVE_IN_ROOT, RESOLVE_NO_MAGICLINKS } from '@lighter/linux/constants';
import { linux } from '@lighter/linux/native';
import { ContainerError } from './errors.ts';

const RESOLVE = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;
/** passwd and group of large installations have some 100 kB. */
const MAXIMUM_BYTES = 4 * 1024 * 1024;

/** Opens the root once for several calls; close it with `closeSync`. */
export function openRoot(rootPath: string): number {
  return openSync(rootPath, constants.O_DIRECTORY | O_PATH);
}

/** Text of a regular file, '' when it isn't there. Devices, FIFOs and huge files are refused. */
export function readTextFile(root: number, path: string): string {
  let fd: number;
  try {
    fd = linux.openat2(root, path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY, 0, RESOLVE);
  } catch (error) {
    if (isMissing(error)) return '';
    throw unusable(path, error);
  }
  try {
    const status = fstatSync(fd);
    if (!status.isFile()) throw new ContainerError('ROOTFS_UNUSABLE', `${path} in the container is no regular file`);
    if (status.size > MAXIMUM_BYTES) {
      throw new ContainerError('ROOTFS_UNUSABLE', `${path} in the container has more than ${MAXIMUM_BYTES} bytes`);
    }
    const data = Buffer.alloc(status.size);
    let length = 0;
    for (let n = -1; n !== 0 && length < data.length; length += n)
      n = readSync(fd, data, length, data.length - length, length);
    return data.subarray(0, length).toString();
  } finally {
    closeSync(fd);
  }
}

/** Adds text to a regular file that is there. */
export function appendTextFile(root: number, path: string, text: string): void {
  const fd = linux.openat2(root, path, constants.O_WRONLY | constants.O_APPEND | constants.O_NONBLOCK, 0, RESOLVE);
  try {
    if (!fstatSync(fd).isFile())
      throw new ContainerError('ROOTFS_UNUSABLE', `${path} in the container is no regular file`);
    writeSync(fd, text);
  } finally {
    closeSync(fd);
  }
}

/** What a path is, links followed inside the root. */
export function pathKind(root: number, path: string): 'missing' | 'directory' | 'other' {
  try {
    const fd = linux.openat2(root, path, O_PATH, 0, RESOLVE);
    try {
      return fstatSync(fd).isDirectory() ? 'directory' : 'other';
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    if (isMissing(error)) return 'missing';
    throw unusable(path, error);
  }
}

/** Makes a directory and its parents; those that were missing get the owner and mode 0755. */
export function makeDirectories(
  root: number,
  path: string,
  owner: { readonly uid: number; readonly gid: number },
): void {
  let done = '/';
  for (const name of path.split('/').filter(Boolean)) {
    const parent = done;
    done = `${done}${name}/`;
    if (pathKind(root, done) !== 'missing') continue;
    withDirectory(root, parent, (directory) => {
      mkdirSync(`${directory}/${name}`, 0o755);
      // The umask may have taken bits away.
      chmodSync(`${directory}/${name}`, 0o755);
    });
    if (owner.uid !== 0 || owner.gid !== 0) {
      const fd = linux.openat2(root, done, constants.O_RDONLY | constants.O_DIRECTORY, 0, RESOLVE);
      try {
        fchownSync(fd, owner.uid, owner.gid);
      } finally {
        closeSync(fd);
      }
    }
  }
}

/** Makes a symbolic link unless something of that name is there. The parent must exist. */
export function makeLink(root: number, directory: string, name: string, target: string): void {
  withDirectory(root, directory, (parent) => {
    try {
      symlinkSync(target, `${parent}/${name}`);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  });
}

/** Calls `action` with a path that names the directory itself, however the container's tree changes meanwhile. */
function withDirectory(root: number, path: string, action: (directory: string) => void): void {
  const fd = linux.openat2(root, path, O_PATH | constants.O_DIRECTORY, 0, RESOLVE);
  try {
    action(`/proc/self/fd/${fd}`);
  } catch (error) {
    throw unusable(path, error);
  } finally {
    closeSync(fd);
  }
}

function isMissing(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ENOENT' || code === 'ENOTDIR';
}

function unusable(path: string, cause: unknown): Error {
  if (cause instanceof ContainerError) return cause;
  return new ContainerError('ROOTFS_UNUSABLE', `${path} in the container: ${(cause as Error).message}`, { cause });
}
