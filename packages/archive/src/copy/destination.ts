/**
 * Writes entries into a tree that somebody else may be changing meanwhile (a container's root file system, a volume). Directories are
 * resolved by the kernel with the tree as root; everything else happens below their descriptors and follows no link.
 */
import {
  chmodSync,
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  lchownSync,
  linkSync,
  mkdirSync,
  openSync,
  readlinkSync,
  symlinkSync,
  writeSync,
} from 'node:fs';
import {
  O_PATH,
  RESOLVE_IN_ROOT,
  RESOLVE_NO_MAGICLINKS,
  S_IFBLK,
  S_IFCHR,
  S_IFDIR,
  S_IFLNK,
  S_IFMT,
} from '@lighter/linux/constants';
import { linux } from '@lighter/linux/native';
import { ArchiveError } from '../errors.ts';
import { baseName, below, cleanPath, directoryName, pathKey } from '../paths.ts';
import { statusBeneath, statusByRoot } from '../rootfs-status.ts';
import { type PathBytes, pathOf, printable, type TarHeader } from '../tar/header.ts';
import { removeAt } from '../tree/remove.ts';

/** Links that lead nowhere on the way to one directory, as many as the kernel follows. */
const MAX_LINKS = 40;

/** A header whose owner is the host's; `name` is the path below the root. */
export type Metadata = Pick<TarHeader, 'mode' | 'uid' | 'gid' | 'mtimeNs' | 'xattrs'>;

export interface DestinationOptions {
  /** Owner on the host of directories made on the way. */
  readonly parentOwner: { readonly uid: number; readonly gid: number };
  /** Attributes that may not be set are left out. */
  readonly userNamespace?: boolean;
}

export class Destination implements Disposable {
  readonly #rootFd: number;
  readonly #options: DestinationOptions;
  /** Open directories from the last one used upwards. */
  readonly #open: { readonly path: PathBytes; readonly fd: number }[] = [];
  readonly #times: { readonly path: PathBytes; readonly mtimeNs: bigint }[] = [];

  constructor(root: string, options: DestinationOptions) {
    this.#rootFd = openSync(root, constants.O_RDONLY | constants.O_DIRECTORY);
    this.#options = options;
  }

  /**
   * Makes a directory with its parents unless it is there. Links on the way that lead nowhere (`/var/run` of a small image) get
   * the directory they name. Throws PATH_INVALID when something else is in the way: nothing is replaced here.
   */
  ensure(path: PathBytes, hops = MAX_LINKS): void {
    if (path.length === 0 || statusByRoot(this.#rootFd, path, S_IFDIR)) return;
    this.ensure(directoryName(path), hops);
    const parent = this.#directory(directoryName(path));
    const place = below(`/proc/self/fd/${parent}`, baseName(path));
    const there = statusBeneath(parent, baseName(path));
    if (!there) return void this.#directory(path);
    if ((there.mode & S_IFMT) !== S_IFLNK || statusByRoot(this.#rootFd, path) || hops === 0)
      throw new ArchiveError('PATH_INVALID', `destination ${printable(path)} already exists but is not a directory`);
    const target = pathOf(readlinkSync(place, { encoding: 'buffer' }));
    this.ensure(
      cleanPath(target[0] === '/' || target[0] === 0x2f ? target : below(directoryName(path), target)),
      hops - 1,
    );
  }

  /** Makes a directory, or takes the one that is there, and gives it the metadata. */
  directory(path: PathBytes, metadata: Metadata): void {
    const fd = this.#directory(path);
    // `.` behind the descriptor is the directory itself, though the calls follow no link.
    const place = `/proc/self/fd/${fd}/.`;
    fchownSync(fd, metadata.uid, metadata.gid);
    fchmodSync(fd, metadata.mode);
    this.#xattrs(place, metadata);
    this.#times.push({ path, mtimeNs: metadata.mtimeNs });
  }

  /** A whole small file. */
  file(path: PathBytes, data: Uint8Array, metadata: Metadata): void {
    const { mode, uid, gid, mtimeNs } = metadata;
    const place = this.#make(path, (at) => {
      linux.writeNewFile(at, data, mode, uid, gid, mtimeNs, mtimeNs);
      return at;
    });
    if (metadata.xattrs) {
      this.#xattrs(place, metadata);
      linux.lutimes(place, mtimeNs, mtimeNs);
    }
  }

  /** A file whose content comes in pieces. */
  largeFile(path: PathBytes, pieces: Iterable<Uint8Array>, metadata: Metadata): void {
    const flags = constants.O_CREAT | constants.O_EXCL | constants.O_WRONLY | constants.O_NOFOLLOW;
    this.#make(path, (place) => {
      const fd = openSync(place, flags, 0o600);
      try {
        for (const piece of pieces) for (let at = 0; at < piece.length; ) at += writeSync(fd, piece, at);
        fchownSync(fd, metadata.uid, metadata.gid);
        fchmodSync(fd, metadata.mode);
      } finally {
        closeSync(fd);
      }
      this.#xattrs(place, metadata);
      linux.lutimes(place, metadata.mtimeNs, metadata.mtimeNs);
    });
  }

  symlink(path: PathBytes, target: PathBytes, { uid, gid, mtimeNs }: Metadata): void {
    this.#make(path, (place) => {
      symlinkSync(target, place);
      lchownSync(place, uid, gid);
      linux.lutimes(place, mtimeNs, mtimeNs);
    });
  }

  /** A further name of a file written before. */
  hardLink(path: PathBytes, first: PathBytes): void {
    const directory = this.#openInRoot(directoryName(first));
    try {
      this.#make(path, (place) => linkSync(below(`/proc/self/fd/${directory}`, baseName(first)), place));
    } finally {
      closeSync(directory);
    }
  }

  special(path: PathBytes, header: TarHeader): void {
    this.#make(path, (place) => {
      if (header.type === 'fifo') linux.mkfifo(place, header.mode);
      else {
        const type = header.type === 'block' ? S_IFBLK : S_IFCHR;
        linux.mknod(place, type | header.mode, header.deviceMajor, header.deviceMinor);
      }
      lchownSync(place, header.uid, header.gid);
      // chmod(2) follows links; by way of a descriptor it can only meet what was opened.
      const fd = openSync(place, O_PATH | constants.O_NOFOLLOW);
      try {
        chmodSync(`/proc/self/fd/${fd}`, header.mode);
      } finally {
        closeSync(fd);
      }
      linux.lutimes(place, header.mtimeNs, header.mtimeNs);
    });
  }

  /** Times of directories, which writing into them had changed. */
  finish(): void {
    for (const { path, mtimeNs } of this.#times.splice(0)) {
      const fd = this.#openInRoot(path);
      linux.lutimes(`/proc/self/fd/${fd}/.`, mtimeNs, mtimeNs);
      closeSync(fd);
    }
  }

  [Symbol.dispose](): void {
    for (const { fd } of this.#open.splice(0)) closeSync(fd);
    closeSync(this.#rootFd);
  }

  /** Runs `make` with the place of a path; what is in its way is removed first. */
  #make<T>(path: PathBytes, make: (place: PathBytes) => T): T {
    const parent = this.#directory(directoryName(path));
    const place = below(`/proc/self/fd/${parent}`, baseName(path));
    try {
      return make(place);
    } catch (error) {
      if ((error as { code?: string }).code !== 'EEXIST') throw error;
      removeAt(parent, baseName(path));
      return make(place);
    }
  }

  /** Descriptor of a directory, which is made if it isn't there. Valid until the next call. */
  #directory(path: PathBytes): number {
    const key = pathKey(path);
    for (let last = this.#open.at(-1); last; last = this.#open.at(-1)) {
      const lastKey = pathKey(last.path);
      if (lastKey === key) return last.fd;
      if (lastKey === '' || key.startsWith(`${lastKey}/`)) break;
      closeSync(last.fd);
      this.#open.pop();
    }
    const fd = this.#openOrMake(path);
    this.#open.push({ path, fd });
    return fd;
  }

  #openOrMake(path: PathBytes): number {
    try {
      return this.#openInRoot(path);
    } catch (error) {
      const { code } = error as { code?: string };
      if (path.length === 0 || !['ENOENT', 'ENOTDIR'].includes(code ?? '')) throw error;
    }
    const { uid, gid } = this.#options.parentOwner;
    this.#make(path, (place) => {
      mkdirSync(place, 0o755);
      lchownSync(place, uid, gid);
    });
    return this.#openInRoot(path);
  }

  #openInRoot(path: PathBytes): number {
    const flags = constants.O_RDONLY | constants.O_DIRECTORY;
    const resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;
    return linux.openat2(this.#rootFd, path.length === 0 ? '.' : path, flags, 0, resolve);
  }

  #xattrs(place: PathBytes, { xattrs }: Metadata): void {
    for (const [name, value] of xattrs ?? []) {
      try {
        linux.lsetxattr(place, name, value);
      } catch (error) {
        const { code } = error as { code?: string };
        if (code === 'ENOTSUP' || code === 'EOPNOTSUPP' || (code === 'EPERM' && this.#options.userNamespace)) continue;
        throw error;
      }
    }
  }
}
