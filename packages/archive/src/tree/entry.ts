/** What an entry of a tree is in an archive. */
import { closeSync, constants, openSync, readlinkSync, readSync } from 'node:fs';
import { S_IFBLK, S_IFCHR, S_IFDIR, S_IFIFO, S_IFLNK, S_IFMT, S_IFREG } from '@lighter/linux/constants';
import { linux } from '@lighter/linux/native';
import type { FileStatus } from '@lighter/linux/syscalls';
import { ArchiveError } from '../errors.ts';
import { below } from '../paths.ts';
import { type EntryType, type PathBytes, pathOf, printable, type TarHeader } from '../tar/header.ts';
import type { TreeEntry } from './walk.ts';

const types: Readonly<Record<number, EntryType>> = {
  [S_IFREG]: 'file',
  [S_IFDIR]: 'directory',
  [S_IFLNK]: 'symlink',
  [S_IFCHR]: 'character',
  [S_IFBLK]: 'block',
  [S_IFIFO]: 'fifo',
};

/** undefined for sockets, which can't be archived. */
export function entryTypeOf(status: FileStatus): EntryType | undefined {
  return types[status.mode & S_IFMT];
}

/** A header with everything the file system says; hard links and whiteouts are the caller's matter. */
export function headerOf({ path, place, status }: TreeEntry, type: EntryType): TarHeader {
  const device = type === 'character' || type === 'block';
  const header: TarHeader = {
    name: type === 'directory' ? below(path, '') : path,
    type,
    mode: status.mode & 0o7777,
    uid: status.uid,
    gid: status.gid,
    size: type === 'file' ? status.size : 0,
    mtimeNs: status.mtimeNs,
    linkname: type === 'symlink' ? pathOf(readlinkSync(place, { encoding: 'buffer' })) : '',
    deviceMajor: device ? status.rdevMajor : 0,
    deviceMinor: device ? status.rdevMinor : 0,
  };
  const xattrs = archivedXattrs(place);
  if (xattrs.size > 0) header.xattrs = xattrs;
  return header;
}

/** Capabilities and user attributes travel with an image; overlay's own, ACLs and labels don't. */
export function archivedXattrs(place: PathBytes): Map<string, Buffer> {
  const result = new Map<string, Buffer>();
  for (const name of linux.llistxattr(place)) {
    const wanted =
      name === 'security.capability' ||
      name === 'security.ima' ||
      (name.startsWith('user.') && !name.startsWith('user.overlay.'));
    const value = wanted ? linux.lgetxattr(place, name) : undefined;
    if (value) result.set(name, Buffer.from(value));
  }
  return result;
}

/** Key of the file behind an entry, the same for all its hard links. */
export function inodeKey(status: FileStatus): string {
  return `${status.dev}:${status.ino}`;
}

/** Opens a regular file for reading. O_NONBLOCK: a fifo swapped in must not hang us. */
export function openFile({ path, place }: TreeEntry): number {
  const fd = openSync(place, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  if ((linux.fstat(fd).mode & S_IFMT) === S_IFREG) return fd;
  closeSync(fd);
  throw new ArchiveError('INTEGRITY', `${printable(path)} isn't a regular file any more`);
}

/** Reads up to `length` bytes into `buffer`; fewer only at the end of the file. Returns how many. */
export function readFully(fd: number, buffer: Uint8Array, at: number, length: number): number {
  let read = 0;
  while (read < length) {
    const got = readSync(fd, buffer, at + read, length - read, null);
    if (got === 0) break;
    read += got;
  }
  return read;
}
