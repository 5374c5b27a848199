/**
 * Writes the entries of a layer's archive into the current root directory, as containers/storage unpacks for the overlay
 * driver: all calls are synchronous, since the worker that runs this switches its root between layers (see
 * confinement.ts).
 */
import {
  chmodSync,
  closeSync,
  constants,
  ftruncateSync,
  lchownSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  rmSync,
  symlinkSync,
  writeSync,
} from 'node:fs';
import { S_IFBLK, S_IFCHR } from '@lighter/linux/constants';
import { linux } from '@lighter/linux/native';
import { ArchiveError } from '../errors.ts';
import { hostId, type IdMap } from '../id-map.ts';
import { baseName, below, cleanPath, directoryName, pathKey } from '../paths.ts';
import { type PathBytes, printable, type TarHeader } from '../tar/header.ts';

export interface ExtractOptions {
  readonly uidMap?: readonly IdMap[];
  readonly gidMap?: readonly IdMap[];
  /** Overlay attributes as `user.overlay.*` and no device nodes: inside a user namespace. */
  readonly userNamespace?: boolean;
}

const WHITEOUT = '.wh.';
const OPAQUE = '.wh..wh..opq';

/** Whether an entry's content becomes that of a file with its name: whiteouts and the root have none. */
export function storesContent(header: TarHeader): boolean {
  const path = cleanPath(header.name);
  return path.length > 0 && !startsWith(baseName(path), WHITEOUT);
}

interface DirectoryTimes {
  readonly path: PathBytes;
  readonly atimeNs: bigint;
  readonly mtimeNs: bigint;
}

export class Extractor {
  readonly #options: ExtractOptions;
  readonly #directories: DirectoryTimes[] = [];
  /** Folders known to be there and to be no links, which need no look. */
  readonly #known = new Set<string>();
  readonly uids = new Set<number>();
  readonly gids = new Set<number>();
  #header: TarHeader | undefined;
  #path: PathBytes = '';
  #fd = -1;
  #position = 0;
  #done = true;

  constructor(options: ExtractOptions) {
    this.#options = options;
  }

  /** Begins an entry; content of a file follows by {@link content}, and {@link entryEnd} in any case. */
  entry(header: TarHeader): void {
    const path = cleanPath(header.name);
    this.#header = header;
    this.#path = path;
    this.#done = true;
    const base = baseName(path);
    if (startsWith(base, WHITEOUT)) return this.#whiteout(header, path, base);
    this.uids.add(header.uid);
    this.gids.add(header.gid);
    // The archive's own root entry is ignored: the layer's directory is made by the driver.
    if (path.length === 0) return;
    this.#done = false;
    if (header.type === 'file') {
      if (header.size === 0) this.#wholeFile(Buffer.alloc(0));
    } else {
      this.#create(header, path);
      this.#metadata(header, path);
      this.#done = true;
    }
  }

  content(bytes: Buffer, complete: boolean): void {
    if (this.#done) return;
    if (complete) return this.#wholeFile(bytes);
    const fd = this.#open();
    for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at, bytes.length - at, this.#position + at);
    this.#position += bytes.length;
  }

  /** Zeros of a sparse file, which take no space. */
  hole(length: number): void {
    if (this.#done) return;
    const fd = this.#open();
    this.#position += length;
    ftruncateSync(fd, this.#position);
  }

  entryEnd(): void {
    if (this.#done || !this.#header) return;
    if (this.#fd >= 0) {
      closeSync(this.#fd);
      this.#fd = -1;
      this.#metadata(this.#header, this.#path);
    }
    this.#done = true;
  }

  /** Directory times, in archive order: writing into a directory had changed them. */
  finish(): void {
    for (const { path, atimeNs, mtimeNs } of this.#directories) {
      try {
        linux.lutimes(path, atimeNs, mtimeNs);
      } catch (error) {
        if ((error as { code?: string }).code !== 'ENOENT') throw error; // replaced later in the archive
      }
    }
  }

  /** The current file, made when its first bytes come. */
  #open(): number {
    if (this.#fd < 0) {
      const flags = constants.O_CREAT | constants.O_EXCL | constants.O_WRONLY | constants.O_NOFOLLOW;
      this.#fd = this.#retry(this.#path, () => openSync(this.#path, flags, 0o600));
      this.#position = 0;
    }
    return this.#fd;
  }

  /** Closes what an aborted extraction left open. */
  abandon(): void {
    if (this.#fd >= 0) closeSync(this.#fd);
    this.#fd = -1;
  }

  #wholeFile(bytes: Buffer): void {
    const header = this.#header as TarHeader;
    const path = this.#path;
    this.#retry(path, () =>
      linux.writeNewFile(
        path,
        bytes,
        header.mode,
        this.#uid(header),
        this.#gid(header),
        accessTime(header),
        header.mtimeNs,
      ),
    );
    if (header.xattrs) {
      this.#xattrs(header, path);
      linux.lutimes(path, accessTime(header), header.mtimeNs);
    }
    this.#done = true;
  }

  #create(header: TarHeader, path: PathBytes): void {
    if (header.type === 'directory') return this.#directory(path);
    this.#retry(path, () => {
      switch (header.type) {
        case 'symlink':
          return symlinkSync(header.linkname, path);
        case 'link':
          return this.#hardLink(header, path);
        case 'fifo':
          return linux.mkfifo(path, header.mode);
        case 'block':
        case 'character':
          return this.#device(header, path);
      }
    });
  }

  #directory(path: PathBytes): void {
    this.#retry(path, () => {
      try {
        mkdirSync(path, 0o755);
      } catch (error) {
        // A directory over a directory keeps what is in it.
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST' || !lstatSync(path).isDirectory()) throw error;
      }
    });
    this.#known.add(pathKey(path));
  }

  #hardLink(header: TarHeader, path: PathBytes): void {
    const target = cleanPath(header.linkname);
    if (target.length === 0)
      throw new ArchiveError('TAR_INVALID', `tar: hard link ${printable(header.name)} to nothing`);
    if (pathKey(target) === pathKey(path))
      throw new ArchiveError('TAR_INVALID', `tar: hard link ${printable(header.name)} to itself`);
    linkSync(target, path);
  }

  #device(header: TarHeader, path: PathBytes): void {
    if (this.#options.userNamespace) return; // can't be made, and would be of no use
    const type = header.type === 'block' ? S_IFBLK : S_IFCHR;
    linux.mknod(path, type | header.mode, header.deviceMajor, header.deviceMinor);
  }

  /** Owner, then mode (chown clears set-id bits), then xattrs, then times. */
  #metadata(header: TarHeader, path: PathBytes): void {
    if (this.#options.userNamespace && (header.type === 'block' || header.type === 'character')) return;
    lchownSync(path, this.#uid(header), this.#gid(header));
    // A hard link's header speaks for the file behind it, unless that is a symlink.
    if (header.type === 'link' && lstatSync(path).isSymbolicLink()) return;
    if (header.type !== 'symlink') chmodSync(path, header.mode);
    if (header.xattrs) this.#xattrs(header, path);
    const times = { path, atimeNs: accessTime(header), mtimeNs: header.mtimeNs };
    if (header.type === 'directory') this.#directories.push(times);
    else linux.lutimes(path, times.atimeNs, times.mtimeNs);
  }

  #xattrs(header: TarHeader, path: PathBytes): void {
    for (const [name, value] of header.xattrs ?? []) {
      if (name === 'security.selinux') continue; // labels come from the container's policy
      try {
        linux.lsetxattr(path, name, value);
      } catch (error) {
        const { code } = error as { code?: string };
        if (code === 'ENOTSUP' || code === 'EOPNOTSUPP' || (code === 'EPERM' && this.#options.userNamespace)) continue;
        throw error;
      }
    }
  }

  #whiteout(header: TarHeader, path: PathBytes, base: PathBytes): void {
    const directory = directoryName(path);
    if (base === OPAQUE) {
      this.#parents(path);
      const name = this.#options.userNamespace ? 'user.overlay.opaque' : 'trusted.overlay.opaque';
      linux.lsetxattr(directory.length === 0 ? '.' : directory, name, Buffer.from('y'));
      return;
    }
    const hidden = below(
      directory,
      typeof base === 'string' ? base.slice(WHITEOUT.length) : base.subarray(WHITEOUT.length),
    );
    if (base.length === WHITEOUT.length)
      throw new ArchiveError('TAR_INVALID', `tar: whiteout of nothing: ${printable(path)}`);
    try {
      this.#withParents(hidden, () => linux.mknod(hidden, S_IFCHR, 0, 0));
    } catch (error) {
      if ((error as { code?: string }).code === 'ENOTDIR') return; // nothing below a file can be there to hide
      throw error;
    }
    lchownSync(hidden, this.#uid(header), this.#gid(header));
  }

  /** Runs `make`; what is in its way is removed first, parents that are missing are made. */
  #retry<T>(path: PathBytes, make: () => T): T {
    try {
      return this.#withParents(path, make);
    } catch (error) {
      if ((error as { code?: string }).code !== 'EEXIST') throw error;
      rmSync(path, { recursive: true, force: true });
      this.#known.clear();
      return make();
    }
  }

  #withParents<T>(path: PathBytes, make: () => T): T {
    try {
      return make();
    } catch (error) {
      if ((error as { code?: string }).code !== 'ENOENT') throw error;
      if (!this.#parents(path)) throw error;
      return make();
    }
  }

  /** Makes missing parents, root's and 0755. Returns whether any was missing. */
  #parents(path: PathBytes): boolean {
    const parent = directoryName(path);
    if (parent.length === 0 || this.#known.has(pathKey(parent))) return false;
    if (lstatSync(parent, { throwIfNoEntry: false })) return false;
    this.#parents(parent);
    mkdirSync(parent, 0o755);
    lchownSync(parent, hostId(0, this.#options.uidMap, 'user'), hostId(0, this.#options.gidMap, 'group'));
    this.#known.add(pathKey(parent));
    return true;
  }

  #uid(header: TarHeader): number {
    return hostId(header.uid, this.#options.uidMap, 'user');
  }

  #gid(header: TarHeader): number {
    return hostId(header.gid, this.#options.gidMap, 'group');
  }
}

function startsWith(name: PathBytes, prefix: string): boolean {
  return typeof name === 'string' ? name.startsWith(prefix) : name.toString('latin1', 0, prefix.length) === prefix;
}

/** Access time where the archive has one, never before the modification. */
function accessTime(header: TarHeader): bigint {
  return header.atimeNs !== undefined && header.atimeNs > header.mtimeNs ? header.atimeNs : header.mtimeNs;
}
