/**
 * Copies files from one tree into another, neither of which is trusted: build contexts and volumes into root file systems, image
 * content into volumes, in and out of running containers.
 */
import { closeSync, constants } from 'node:fs';
import { setImmediate as turn } from 'node:timers/promises';
import { O_PATH, S_IFDIR, S_IFMT } from '@lighter/linux/constants';
import { linux } from '@lighter/linux/native';
import { ArchiveError } from '../errors.ts';
import { hostId, type IdMap } from '../id-map.ts';
import { baseName, below, cleanPath, directoryName } from '../paths.ts';
import { openInRoot, realpathInRoot } from '../rootfs.ts';
import { type PathBytes, printable, type TarHeader } from '../tar/header.ts';
import { entryTypeOf, headerOf, inodeKey, openFile, readFully } from '../tree/entry.ts';
import { type Include, type TreeEntry, walkTree } from '../tree/walk.ts';
import type { ContentDigest } from './content-digest.ts';
import { Destination } from './destination.ts';

/** A path inside a tree: links in it are followed with `root` as the root directory. */
export interface PlaceInRoot {
  readonly root: string;
  readonly path: string;
}

export interface CopyOptions {
  /** Owner that everything gets, as ids of the container. Default: the source's own. */
  readonly owner?: { readonly uid: number; readonly gid: number };
  /** Mode that files and directories get. Default: the source's own. */
  readonly mode?: number;
  /** Take away set-user-id and set-group-id bits. */
  readonly dropSetId?: boolean;
  /** Seconds since 1970 that everything gets. */
  readonly timestamp?: number;
  /** Asked for every entry by its path below the source. */
  readonly include?: Include;
  /** Owners in the container → on the host, for the destination. */
  readonly uidMap?: readonly IdMap[];
  readonly gidMap?: readonly IdMap[];
  /** Devices can't be made and attributes may not be set. */
  readonly userNamespace?: boolean;
  /** Takes in what is written. */
  readonly digest?: ContentDigest;
  /** Give the destination directory itself the owner, mode, attributes and time of the source's. */
  readonly top?: boolean;
  readonly signal?: AbortSignal;
}

export interface CopyResult {
  readonly entries: number;
  readonly bytes: number;
  /** Sockets, and devices in a user namespace. */
  readonly skipped: readonly string[];
}

const BUFFER = 1024 * 1024;
/** Milliseconds of synchronous work before other events get their turn. */
const TURN = 20;

/**
 * Copies what is in a directory into another one, which is made if it isn't there (with its parents: root's, 0755). Directories
 * are merged; anything else in the way is replaced.
 */
export async function copyDirectory(
  from: PlaceInRoot,
  to: PlaceInRoot,
  options: CopyOptions = {},
): Promise<CopyResult> {
  const sourceFd = openInRoot(from.root, from.path, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    using copier = new Copier(to.root, options);
    const target = cleanPath(to.path);
    copier.top(sourceFd, target, options.top ?? false);
    let turned = performance.now();
    for (const entry of walkTree(sourceFd, options.include)) {
      copier.copy(entry, below(target, entry.path));
      if (performance.now() - turned < TURN) continue;
      await turn();
      options.signal?.throwIfAborted();
      turned = performance.now();
    }
    return copier.finish();
  } finally {
    closeSync(sourceFd);
  }
}

/** Copies one file of whatever kind but a directory to exactly this path. A link at the end of `from` is followed. */
export async function copyFile(from: PlaceInRoot, to: PlaceInRoot, options: CopyOptions = {}): Promise<CopyResult> {
  const fd = openInRoot(from.root, from.path, O_PATH);
  try {
    const status = linux.fstat(fd);
    if ((status.mode & S_IFMT) === S_IFDIR) throw new ArchiveError('PATH_INVALID', `${from.path} is a directory`);
    const real = realpathInRoot(from.root, from.path);
    const parent = openInRoot(from.root, directoryName(real), constants.O_RDONLY | constants.O_DIRECTORY);
    try {
      using copier = new Copier(to.root, options);
      const target = cleanPath(to.path);
      const name = baseName(real);
      copier.parents(target);
      const entry = { path: baseName(target), name, place: below(`/proc/self/fd/${parent}`, name), status };
      copier.copy(entry, target);
      return copier.finish();
    } finally {
      closeSync(parent);
    }
  } finally {
    closeSync(fd);
  }
}

class Copier implements Disposable {
  readonly #options: CopyOptions;
  readonly #destination: Destination;
  readonly #links = new Map<string, { readonly entry: PathBytes; readonly target: PathBytes }>();
  readonly #buffer = Buffer.allocUnsafeSlow(BUFFER);
  readonly #skipped: string[] = [];
  #entries = 0;
  #bytes = 0;

  constructor(root: string, options: CopyOptions) {
    this.#options = options;
    this.#destination = new Destination(root, {
      parentOwner: this.#onHost(0, 0),
      userNamespace: options.userNamespace ?? false,
    });
  }

  /** The destination directory itself. */
  top(sourceFd: number, target: PathBytes, withMetadata: boolean): void {
    this.#destination.ensure(target);
    if (!withMetadata) return;
    const status = linux.fstat(sourceFd);
    const entry: TreeEntry = { path: '', name: '.', place: `/proc/self/fd/${sourceFd}/.`, status };
    const header = headerOf(entry, 'directory');
    this.#destination.directory(target, { ...header, ...this.#onHost(header.uid, header.gid) });
  }

  /** Directories that a path needs. */
  parents(target: PathBytes): void {
    this.#destination.ensure(directoryName(target));
  }

  copy(entry: TreeEntry, target: PathBytes): void {
    const { digest, userNamespace } = this.#options;
    const type = entryTypeOf(entry.status);
    const device = type === 'block' || type === 'character';
    if (!type || (device && userNamespace)) {
      this.#skipped.push(printable(entry.path));
      return;
    }
    const header = this.#changed(headerOf(entry, type));
    this.#entries++;
    if (type !== 'directory' && entry.status.nlink > 1) {
      const first = this.#links.get(inodeKey(entry.status));
      if (first) {
        digest?.entry({ ...header, type: 'link', size: 0, linkname: first.entry });
        return this.#destination.hardLink(target, first.target);
      }
      this.#links.set(inodeKey(entry.status), { entry: entry.path, target });
    }
    digest?.entry(header);
    this.#write(entry, target, { ...header, ...this.#onHost(header.uid, header.gid) });
    digest?.entryEnd();
  }

  finish(): CopyResult {
    this.#destination.finish();
    return { entries: this.#entries, bytes: this.#bytes, skipped: this.#skipped };
  }

  [Symbol.dispose](): void {
    this.#destination[Symbol.dispose]();
  }

  #write(entry: TreeEntry, target: PathBytes, header: TarHeader): void {
    if (header.type === 'directory') this.#destination.directory(target, header);
    else if (header.type === 'symlink') this.#destination.symlink(target, header.linkname, header);
    else if (header.type === 'file') this.#file(entry, target, header);
    else this.#destination.special(target, header);
  }

  #file(entry: TreeEntry, target: PathBytes, header: TarHeader): void {
    const fd = openFile(entry);
    try {
      if (header.size <= BUFFER) {
        const data = this.#buffer.subarray(0, readFully(fd, this.#buffer, 0, header.size));
        if (data.length < header.size) throw shortened(entry);
        this.#options.digest?.content(data);
        this.#destination.file(target, data, header);
        this.#bytes += data.length;
      } else this.#destination.largeFile(target, this.#pieces(fd, entry, header.size), header);
    } finally {
      closeSync(fd);
    }
  }

  *#pieces(fd: number, entry: TreeEntry, size: number): Generator<Uint8Array> {
    for (let remaining = size; remaining > 0; ) {
      const piece = this.#buffer.subarray(0, readFully(fd, this.#buffer, 0, Math.min(BUFFER, remaining)));
      if (piece.length === 0) throw shortened(entry);
      remaining -= piece.length;
      this.#bytes += piece.length;
      this.#options.digest?.content(piece);
      yield piece;
    }
  }

  /** With what the options say instead of the source's own. */
  #changed(header: TarHeader): TarHeader {
    const { owner, mode, dropSetId, timestamp } = this.#options;
    const plain = header.type === 'file' || header.type === 'directory';
    const wanted = mode !== undefined && plain ? mode : header.mode;
    return {
      ...header,
      ...owner,
      mode: dropSetId ? wanted & 0o1777 : wanted,
      ...(timestamp === undefined ? {} : { mtimeNs: BigInt(timestamp) * 1_000_000_000n }),
    };
  }

  #onHost(uid: number, gid: number): { uid: number; gid: number } {
    const { uidMap, gidMap } = this.#options;
    return { uid: hostId(uid, uidMap, 'user'), gid: hostId(gid, gidMap, 'group') };
  }
}

function shortened(entry: TreeEntry): ArchiveError {
  return new ArchiveError('INTEGRITY', `${printable(entry.path)} became shorter while it was copied`);
}
