/**
 * The tar of what an overlay's upper directory changed, with the kernel's whiteouts turned into the archive's (storage: archive.Tar
 * with the overlay whiteout converter). Entries come in bytewise order, so that the same content gives the same bytes.
 */
import { closeSync, constants, lstatSync, openSync, read as readCallback, readdirSync, readlinkSync } from 'node:fs';
import { promisify } from 'node:util';
import { S_IFBLK, S_IFCHR, S_IFDIR, S_IFIFO, S_IFLNK, S_IFMT, S_IFREG } from '@lighter/linux/constants';
import { linux } from '@lighter/linux/native';
import type { FileStatus } from '@lighter/linux/syscalls';
import { ArchiveError } from './errors.ts';
import { below } from './paths.ts';
import { type EntryType, type PathBytes, pathOf, printable, type TarHeader } from './tar/header.ts';
import { archiveEnd, contentPadding, writeHeader } from './tar/writer.ts';

const readAsync = promisify(readCallback);
const CHUNK = 1024 * 1024;

export interface DiffOptions {
  /** Own content of all layers below, nearest first: an opaque directory is only recorded where it hides something. */
  readonly lower: readonly string[];
  /** Attributes are `user.overlay.*`, as in a user namespace. */
  readonly userNamespace?: boolean;
  /** Seconds since 1970 that every entry gets. */
  readonly timestamp?: number;
  /** Entries for which it returns false are left out, with all that is in them. Paths have no leading slash. */
  readonly include?: (path: string) => boolean;
  readonly signal?: AbortSignal;
}

export async function* overlayDiff(upper: string, options: DiffOptions): AsyncGenerator<Buffer> {
  const links = new Map<string, PathBytes>();
  for (const entry of walk(upper, '', options)) {
    options.signal?.throwIfAborted();
    yield* archiveEntry(upper, entry.path, entry.status, links, options);
  }
  yield archiveEnd();
}

interface WalkEntry {
  readonly path: PathBytes;
  readonly status: FileStatus;
}

/** Depth first, bytewise. Sockets can't be archived. */
function* walk(root: string, directory: PathBytes, options: DiffOptions): Generator<WalkEntry> {
  const names = readdirSync(full(root, directory), { encoding: 'buffer' }) as unknown as Buffer[];
  for (const name of names.sort(Buffer.compare)) {
    const path = below(directory, pathOf(name));
    if (options.include && typeof path === 'string' && !options.include(path)) continue;
    const status = linux.lstat(full(root, path));
    if (entryTypeOf(status) === undefined) continue;
    yield { path, status };
    if ((status.mode & S_IFMT) === S_IFDIR) yield* walk(root, path, options);
  }
}

function full(root: string, path: PathBytes): PathBytes {
  return path.length === 0 ? root : below(root, path);
}

function entryTypeOf(status: FileStatus): EntryType | undefined {
  switch (status.mode & S_IFMT) {
    case S_IFREG:
      return 'file';
    case S_IFDIR:
      return 'directory';
    case S_IFLNK:
      return 'symlink';
    case S_IFCHR:
      return 'character';
    case S_IFBLK:
      return 'block';
    case S_IFIFO:
      return 'fifo';
    default:
      return undefined;
  }
}

async function* archiveEntry(
  root: string,
  path: PathBytes,
  status: FileStatus,
  links: Map<string, PathBytes>,
  options: DiffOptions,
): AsyncGenerator<Buffer> {
  const mtimeNs = options.timestamp === undefined ? status.mtimeNs : BigInt(options.timestamp) * 1_000_000_000n;
  const type = entryTypeOf(status) as EntryType;
  if (type === 'character' && status.rdevMajor === 0 && status.rdevMinor === 0) {
    yield writeHeader({ ...plain, name: whiteoutName(path), mtimeNs, uid: status.uid, gid: status.gid });
    return;
  }
  const header: TarHeader = {
    name: type === 'directory' ? below(path, '') : path,
    type,
    mode: status.mode & 0o7777,
    uid: status.uid,
    gid: status.gid,
    size: type === 'file' ? status.size : 0,
    mtimeNs,
    linkname: type === 'symlink' ? pathOf(readlinkSync(full(root, path), { encoding: 'buffer' })) : '',
    deviceMajor: type === 'character' || type === 'block' ? status.rdevMajor : 0,
    deviceMinor: type === 'character' || type === 'block' ? status.rdevMinor : 0,
  };
  const xattrs = archivedXattrs(full(root, path));
  if (xattrs.size > 0) header.xattrs = xattrs;
  const inode = `${status.dev}:${status.ino}`;
  const first = type !== 'directory' && status.nlink > 1 ? links.get(inode) : undefined;
  if (first !== undefined) {
    yield writeHeader({ ...header, type: 'link', size: 0, linkname: first });
    return;
  }
  if (type !== 'directory' && status.nlink > 1) links.set(inode, path);
  yield writeHeader(header);
  if (type === 'file' && header.size > 0) yield* fileContent(full(root, path), header.size, path);
  if (type === 'directory' && isOpaque(full(root, path), options) && hides(path, options.lower)) {
    yield writeHeader({
      ...plain,
      name: below(path, '.wh..wh..opq'),
      mode: header.mode,
      uid: header.uid,
      gid: header.gid,
      mtimeNs: 0n,
    });
  }
}

const plain: TarHeader = {
  name: '',
  type: 'file',
  mode: 0,
  uid: 0,
  gid: 0,
  size: 0,
  mtimeNs: 0n,
  linkname: '',
  deviceMajor: 0,
  deviceMinor: 0,
};

function whiteoutName(path: PathBytes): PathBytes {
  if (typeof path === 'string') {
    const slash = path.lastIndexOf('/') + 1;
    return `${path.slice(0, slash)}.wh.${path.slice(slash)}`;
  }
  const slash = path.lastIndexOf(0x2f) + 1;
  return Buffer.concat([path.subarray(0, slash), Buffer.from('.wh.'), path.subarray(slash)]);
}

/** Capabilities and user attributes travel with an image; overlay's own and labels don't. */
function archivedXattrs(path: PathBytes): Map<string, Buffer> {
  const result = new Map<string, Buffer>();
  for (const name of linux.llistxattr(path)) {
    const wanted =
      name === 'security.capability' ||
      name === 'security.ima' ||
      (name.startsWith('user.') && !name.startsWith('user.overlay.'));
    const value = wanted ? linux.lgetxattr(path, name) : undefined;
    if (value) result.set(name, Buffer.from(value));
  }
  return result;
}

function isOpaque(path: PathBytes, options: DiffOptions): boolean {
  const value = linux.lgetxattr(path, options.userNamespace ? 'user.overlay.opaque' : 'trusted.overlay.opaque');
  return value !== undefined && Buffer.from(value).toString() === 'y';
}

/** Whether a layer below has the path, with no nearer one hiding it already. */
function hides(path: PathBytes, lower: readonly string[]): boolean {
  for (const root of lower) {
    const status = lstatSync(full(root, path), { throwIfNoEntry: false });
    if (status) return !(status.isCharacterDevice() && status.rdev === 0);
    if (parentHidden(root, path)) return false;
  }
  return false;
}

function parentHidden(root: string, path: PathBytes): boolean {
  if (typeof path !== 'string') return false;
  const parts = path.split('/');
  return parts.some((_, count) => {
    const status =
      count > 0 ? lstatSync(`${root}/${parts.slice(0, count).join('/')}`, { throwIfNoEntry: false }) : undefined;
    return status?.isCharacterDevice() && status.rdev === 0;
  });
}

/** Exactly as many bytes as the header says, whatever happens to the file meanwhile. */
async function* fileContent(path: PathBytes, size: number, shown: PathBytes): AsyncGenerator<Buffer> {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    let remaining = size;
    while (remaining > 0) {
      const length = Math.min(CHUNK, remaining);
      const { bytesRead, buffer } = await readAsync(fd, Buffer.allocUnsafe(length), 0, length, null);
      if (bytesRead === 0) throw new ArchiveError('INTEGRITY', `${printable(shown)} became shorter while it was read`);
      remaining -= bytesRead;
      yield buffer.subarray(0, bytesRead);
    }
  } finally {
    closeSync(fd);
  }
  yield contentPadding(size);
}
