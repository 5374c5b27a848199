/**
 * The tar of what an overlay's upper directory changed, with the kernel's whiteouts turned into the archive's (storage: archive.Tar
 * with the overlay whiteout converter). Entries come in bytewise order, so that the same content gives the same bytes.
 */
import { closeSync, constants, openSync } from 'node:fs';
import { S_IFCHR, S_IFMT } from '@lighter/linux/constants';
import { linux } from '@lighter/linux/native';
import type { FileStatus } from '@lighter/linux/syscalls';
import { baseName, below, directoryName } from './paths.ts';
import { withDirectory } from './rootfs.ts';
import { statusBeneath } from './rootfs-status.ts';
import type { PathBytes, TarHeader } from './tar/header.ts';
import { entryTypeOf, headerOf, inodeKey } from './tree/entry.ts';
import { type TarItem, tarStream } from './tree/tar-stream.ts';
import { type Include, type TreeEntry, walkTree } from './tree/walk.ts';

export interface DiffOptions {
  /** Own content of all layers below, nearest first: an opaque directory is only recorded where it hides something. */
  readonly lower: readonly string[];
  /** Attributes are `user.overlay.*`, as in a user namespace. */
  readonly userNamespace?: boolean;
  /** Seconds since 1970 that every entry gets. */
  readonly timestamp?: number;
  /** Entries for which it returns false are left out, with all that is in them. Paths have no leading slash. */
  readonly include?: Include;
  readonly signal?: AbortSignal;
}

export async function* overlayDiff(upper: string, options: DiffOptions): AsyncGenerator<Buffer> {
  const top = openSync(upper, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    yield* tarStream(items(top, options), options.signal);
  } finally {
    closeSync(top);
  }
}

function* items(top: number, options: DiffOptions): Generator<TarItem> {
  /** First name of each inode with several. */
  const links = new Map<string, PathBytes>();
  for (const entry of walkTree(top, options.include)) {
    const type = entryTypeOf(entry.status);
    if (!type) continue;
    const header = headerOf(entry, type);
    if (options.timestamp !== undefined) header.mtimeNs = BigInt(options.timestamp) * 1_000_000_000n;
    const shared = type !== 'directory' && entry.status.nlink > 1;
    const first = shared ? links.get(inodeKey(entry.status)) : undefined;
    if (isWhiteout(entry.status)) {
      const whiteout = whiteoutOf(header);
      // The kernel may link whiteouts to one inode. Go leaves the link name of the first in the header, and so in the digest.
      if (first !== undefined) whiteout.linkname = first;
      else if (shared) links.set(inodeKey(entry.status), whiteout.name);
      yield { header: whiteout };
      continue;
    }
    if (first !== undefined) {
      yield { header: { ...header, type: 'link', size: 0, linkname: first } };
      continue;
    }
    if (shared) links.set(inodeKey(entry.status), entry.path);
    yield type === 'file' ? { header, entry } : { header };
    if (type === 'directory' && isOpaque(entry, options) && hidesSomething(entry.path, options.lower)) {
      yield { header: opaqueMarker(header, entry.path) };
    }
  }
}

function isWhiteout(status: FileStatus): boolean {
  return (status.mode & S_IFMT) === S_IFCHR && status.rdevMajor === 0 && status.rdevMinor === 0;
}

/** A deleted name (OCI image-spec, layer.md, "Whiteouts"). */
function whiteoutOf(header: TarHeader): TarHeader {
  const base = Buffer.concat([Buffer.from('.wh.'), Buffer.from(baseName(header.name) as string)]);
  const name = typeof header.name === 'string' ? base.toString() : base;
  return { ...header, type: 'file', name: below(directoryName(header.name), name), mode: 0, linkname: '' };
}

/** What the directory held below is gone (OCI image-spec, layer.md, "Opaque Whiteout"). */
function opaqueMarker(directory: TarHeader, path: PathBytes): TarHeader {
  const { xattrs: _xattrs, ...rest } = directory;
  return { ...rest, type: 'file', name: below(path, '.wh..wh..opq'), mode: directory.mode & 0o777, mtimeNs: 0n };
}

function isOpaque({ place }: TreeEntry, options: DiffOptions): boolean {
  const value = linux.lgetxattr(place, options.userNamespace ? 'user.overlay.opaque' : 'trusted.overlay.opaque');
  return value !== undefined && Buffer.from(value).toString() === 'y';
}

/** Whether a layer below has the path, with no nearer one hiding it already. */
function hidesSomething(path: PathBytes, lower: readonly string[]): boolean {
  for (const directory of lower) {
    const found = withDirectory(directory, (fd) => {
      const status = statusBeneath(fd, path);
      if (status) return !isWhiteout(status);
      for (let parent = directoryName(path); parent.length > 0; parent = directoryName(parent)) {
        const above = statusBeneath(fd, parent);
        if (above && isWhiteout(above)) return false;
      }
      return undefined;
    });
    if (found !== undefined) return found;
  }
  return false;
}
