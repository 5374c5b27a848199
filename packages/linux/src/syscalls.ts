/**
 * The face of the native addon: the Linux system calls that Node lacks, one function each, with the names and
 * semantics of the manual pages. Every function throws a {@link SystemError} that carries `errno`'s name.
 *
 * Functions that may block have an asynchronous form that waits on a thread of the addon, never on the main one.
 */

/** A failed system call. `code` is errno's name (`ENOENT`), `syscall` the call, `path` what it was about. */
export interface SystemError extends Error {
  readonly code: string;
  readonly errno: number;
  readonly syscall: string;
  readonly path?: string;
}

/** Fields of `struct stat` that matter to archives; times in nanoseconds. */
export interface FileStatus {
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly size: number;
  readonly dev: number;
  readonly ino: number;
  readonly nlink: number;
  readonly rdevMajor: number;
  readonly rdevMinor: number;
  readonly atimeNs: bigint;
  readonly mtimeNs: bigint;
}

export interface SpawnOptions {
  /** Absolute path of the program; `argv[0]` is given separately in `argv`. */
  readonly file: string;
  readonly argv: readonly string[];
  /** Complete environment as `NAME=value` texts. Default: the caller's own, as the launcher was given it. */
  readonly env?: readonly string[];
  readonly cwd?: string;
  /** The child's descriptor n is the parent's `fds[n]`; -1 is /dev/null. All others are closed on exec. */
  readonly fds: readonly number[];
  /** setpgid(0, 0) in the child. */
  readonly newProcessGroup?: boolean;
  /** setsid() in the child. */
  readonly newSession?: boolean;
  /** Descriptors of namespaces to join with setns(2) before exec. */
  readonly namespaces?: readonly number[];
  /** Signals ignored in the child; default: those that were ignored when the launcher started. */
  readonly ignoredSignals?: readonly number[];
}

export interface Exit {
  /** Exit status 0…255, or undefined when a signal ended the process. */
  readonly status?: number;
  readonly signal?: number;
}

export interface Linux {
  // Mounts
  mount(source: string, target: string, type: string, flags: number, data?: string): void;
  umount(target: string, flags?: number): void;
  /**
   * Mounts an overlay with the new mount API, so that no page limits the lower paths together; falls back to mount(2)
   * on old kernels. Options as in `mount -o`, without the directories. A path of more than 255 bytes, which the new
   * API doesn't take, is given relative to what all have in common.
   */
  mountOverlay(options: OverlayMount): void;
  openTree(path: string, flags: number): number;
  moveMount(fd: number, target: string): void;
  /** mount_setattr(2): MOUNT_ATTR_* to set and to clear; `usernsFd` for MOUNT_ATTR_IDMAP. */
  mountSetattr(
    path: string,
    flags: number,
    attributes: { set?: number; clear?: number; propagation?: number; usernsFd?: number },
  ): void;

  // Files
  /** openat2(2). `resolve` is a mask of RESOLVE_*. Returns a descriptor (O_CLOEXEC is added). */
  openat2(dirFd: number, path: string | Uint8Array, flags: number, mode: number, resolve: number): number;
  mknod(path: string | Uint8Array, mode: number, major: number, minor: number): void;
  mkfifo(path: string | Uint8Array, mode: number): void;
  lstat(path: string | Uint8Array): FileStatus;
  fstat(fd: number): FileStatus;
  /** utimensat(2) with nanoseconds, not following links. */
  lutimes(path: string | Uint8Array, atimeNs: bigint, mtimeNs: bigint): void;
  lsetxattr(path: string | Uint8Array, name: string, value: Uint8Array): void;
  /** undefined where the attribute isn't there or the file system has none. */
  lgetxattr(path: string | Uint8Array, name: string): Uint8Array | undefined;
  llistxattr(path: string | Uint8Array): string[];
  lremovexattr(path: string | Uint8Array, name: string): void;
  syncfs(fd: number): void;
  /** renameat2(2) with RENAME_NOREPLACE (1) or RENAME_EXCHANGE (2). */
  renameat2(from: string, to: string, flags: number): void;
  /** A whole new file (O_EXCL) with owner, mode and times in one call; times in nanoseconds. */
  writeNewFile(
    path: string | Uint8Array,
    data: Uint8Array,
    mode: number,
    uid: number,
    gid: number,
    atimeNs: bigint,
    mtimeNs: bigint,
  ): void;
  /** FICLONE: whether the file system shared the extents. */
  reflink(fromFd: number, toFd: number): boolean;

  // Locks: open file description locks on the whole file (fcntl_locking(2))
  /** F_OFD_SETLK. false when somebody else holds a lock in the way. */
  tryLock(fd: number, exclusive: boolean): boolean;
  /** F_OFD_SETLKW on a thread of the addon. Rejects with the signal's reason when aborted (the wait ends soon after). */
  waitLock(fd: number, exclusive: boolean, signal?: AbortSignal): Promise<void>;
  unlock(fd: number): void;

  // Processes
  /** vfork and exec with exact descriptors, the launcher's own rlimits and signal dispositions. Returns the pid. */
  spawn(options: SpawnOptions): number;
  /** Waits for a child made by {@link spawn}. */
  waitpid(pid: number): Promise<Exit>;
  pidfdOpen(pid: number): number;
  pidfdSendSignal(fd: number, signal: number): void;
  /** Resolves when the process behind a pidfd has ended. */
  pidfdWait(fd: number, signal?: AbortSignal): Promise<void>;
  /** kill(2) with any signal number, real-time ones too. */
  kill(pid: number, signal: number): void;
  setSubreaper(on: boolean): void;
  /** Soft and hard limit; Infinity is RLIM_INFINITY. `resource` is RLIMIT_*. The limits before Node raised them. */
  getrlimit(resource: number): { soft: number; hard: number };
  umask(mask: number): number;
  /** Capabilities as bit masks. */
  capabilities(): { bounding: bigint; effective: bigint };

  setCloseOnExec(fd: number, on: boolean): void;

  // Threads and namespaces (the calling thread only)
  unshare(flags: number): void;
  setns(fd: number, type: number): void;
  chroot(path: string): void;
  fchdir(fd: number): void;
  /**
   * Creates a network namespace and pins it by a bind mount on `path` (an empty file it makes), with the loopback
   * up; the caller's own namespace is left as it is.
   */
  pinNetworkNamespace(path: string): void;

  // Sockets
  /** A pair of connected SOCK_SEQPACKET unix sockets, both O_CLOEXEC. */
  seqpacketPair(): [number, number];
  pipe(): [number, number];
  /** Connects to a SOCK_SEQPACKET socket (conmon's attach). Paths over 107 bytes go through /proc/self/fd. */
  connectSeqpacket(path: string): number;
  /**
   * Reads up to `maxBytes` from any descriptor on a thread of the addon: one packet of a SOCK_SEQPACKET socket, whatever
   * is there of others. undefined at the end (also for ECONNRESET, and EIO of a terminal that hung up).
   */
  read(fd: number, maxBytes: number, signal?: AbortSignal): Promise<Uint8Array | undefined>;
  /**
   * Writes everything to any descriptor, to a SOCK_SEQPACKET socket as one packet. Where it would block, also for a
   * descriptor that isn't O_NONBLOCK, it waits on a thread of the addon. Rejects with the signal's reason when aborted.
   */
  write(fd: number, data: Uint8Array, signal?: AbortSignal): Promise<void>;
  shutdownWrite(fd: number): void;
  sdNotify(message: string): boolean;

  // Terminal
  terminalSize(fd: number): { rows: number; columns: number } | undefined;
  /** Puts a terminal into the mode in which every byte passes as it is. Returns what {@link restoreTerminal} takes. */
  makeRaw(fd: number): Uint8Array;
  restoreTerminal(fd: number, saved: Uint8Array): void;

  /** CRC-64/ISO as tar-split uses it. `state` is the CRC so far, 8 bytes big-endian, updated in place; zeros to start. */
  crc64Update(state: Uint8Array, data: Uint8Array): void;
}

export interface OverlayMount {
  readonly target: string;
  /** Nearest first. */
  readonly lower: readonly string[];
  readonly upper?: string;
  readonly work?: string;
  /** Further options of the file system: `metacopy=on`, `volatile`, `userxattr`, `context="…"`. */
  readonly options: readonly string[];
  /** MS_* flags: MS_RDONLY, MS_NODEV… */
  readonly flags: number;
}
