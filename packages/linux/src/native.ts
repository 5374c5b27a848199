/** Loads the addon and gives it the face of {@link Linux}. */
import { createRequire } from 'node:module';
import { callerIgnoredSignals, callerLimits } from './launched.ts';
import type { Exit, FileStatus, Linux, OverlayMount, SpawnOptions } from './syscalls.ts';

interface Waiting<T> {
  readonly promise: Promise<T>;
  cancel(): void;
}

/** The addon's own functions, where they differ from the face. */
interface Addon {
  mountAt(directory: string, source: string, target: string, type: string, flags: number, data: string): void;
  mountOverlay(
    target: string,
    lower: readonly string[],
    upper: string | undefined,
    work: string | undefined,
    options: readonly string[],
    attributes: number,
    directory: string | undefined,
  ): void;
  mountSetattr(path: string, flags: number, set: number, clear: number, propagation: number, usernsFd: number): void;
  lstat(path: string | Uint8Array): FileStatus;
  waitLock(fd: number, exclusive: boolean): Waiting<void>;
  spawn(
    file: string,
    argv: readonly string[],
    env: readonly string[],
    cwd: string | undefined,
    fds: readonly number[],
    newProcessGroup: boolean,
    newSession: boolean,
    namespaces: readonly number[],
    ignoredSignals: readonly number[],
    nofileSoft: number | undefined,
    nofileHard: number | undefined,
  ): number;
  waitpid(pid: number): Waiting<Exit>;
  pidfdWait(fd: number): Waiting<void>;
  readAsync(fd: number, maxBytes: number): Waiting<Uint8Array | undefined>;
  tryWrite(fd: number, data: Uint8Array, offset: number): number;
  waitWritable(fd: number): Waiting<void>;
  sdNotify(path: string, message: string): boolean;
  getrlimit(resource: number): { soft: number; hard: number };
}

let loaded: (Addon & Omit<Linux, keyof Addon>) | undefined;

/** The addon lies beside the bundle, or in `dist/` of the checkout when running from source. */
function addon(): Addon & Omit<Linux, keyof Addon> {
  if (!loaded) {
    const place = import.meta.url.endsWith('.ts') ? '../../../dist/lighter.node' : './lighter.node';
    loaded = createRequire(import.meta.url)(new URL(place, import.meta.url).pathname) as NonNullable<typeof loaded>;
  }
  return loaded;
}

const RLIMIT_NOFILE = 7;

async function cancellable<T>(waiting: Waiting<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return waiting.promise;
  const cancel = () => waiting.cancel();
  if (signal.aborted) cancel();
  signal.addEventListener('abort', cancel, { once: true });
  try {
    return await waiting.promise;
  } catch (error) {
    if (signal.aborted && (error as { code?: string }).code === 'ECANCELED') throw signal.reason;
    throw error;
  } finally {
    signal.removeEventListener('abort', cancel);
  }
}

/** MS_* flags as MOUNT_ATTR_*: the low four bits are the same. */
const sharedMountFlags = 0xf;

/** fsconfig(2) takes no longer texts, in bytes. */
const CONFIGURED_TEXT = 255;

function mountOverlay(mount: OverlayMount): void {
  const { target, lower, upper, work, options, flags } = mount;
  const paths = [...lower, upper ?? '', work ?? ''].filter((path) => path !== '');
  const long = paths.some((path) => Buffer.byteLength(path) > CONFIGURED_TEXT);
  const directory = long ? commonDirectory(paths) : undefined;
  const short = (path: string) => (directory === undefined ? path : path.slice(directory.length + 1));
  try {
    addon().mountOverlay(
      target,
      lower.map(short),
      upper && short(upper),
      work && short(work),
      options,
      flags & sharedMountFlags,
      directory === undefined ? undefined : `${directory}/`,
    );
  } catch (error) {
    // Before Linux 6.5 there is no `lowerdir+`, before 5.2 no fsopen.
    if (!oldKernel(error)) throw error;
    mountOverlayByOptions(mount);
  }
}

function oldKernel(error: unknown): boolean {
  const { code, message } = error as { code?: string; message: string };
  return code === 'ENOSYS' || (code === 'EINVAL' && message.startsWith('fsconfig') && message.includes('lowerdir+'));
}

/** mount(2) with paths relative to their common folder, since all options must fit a page. */
function mountOverlayByOptions({ target, lower, upper, work, options, flags }: OverlayMount): void {
  const directory = commonDirectory([...lower, ...(upper ? [upper] : []), ...(work ? [work] : [])]);
  const relative = (path: string) => path.slice(directory.length + 1).replace(/[\\:,]/g, '\\$&');
  const data = [
    `lowerdir=${lower.map(relative).join(':')}`,
    ...(upper && work ? [`upperdir=${relative(upper)}`, `workdir=${relative(work)}`] : []),
    ...options,
  ];
  addon().mountAt(`${directory}/`, 'overlay', target, 'overlay', flags, data.join(','));
}

/** The longest folder that all absolute paths are below; empty for `/`. */
function commonDirectory(paths: readonly string[]): string {
  let common = (paths[0] ?? '').split('/');
  for (const path of paths) {
    const parts = path.split('/').slice(0, -1);
    let same = 0;
    while (same < common.length && common[same] === parts[same]) same++;
    common = common.slice(0, same);
  }
  return common.join('/');
}

function environmentTexts(): string[] {
  return Object.entries(process.env).map(([name, value]) => `${name}=${value}`);
}

function spawn(options: SpawnOptions): number {
  const limits = callerLimits();
  return addon().spawn(
    options.file,
    options.argv,
    options.env ?? environmentTexts(),
    options.cwd,
    options.fds,
    options.newProcessGroup ?? false,
    options.newSession ?? false,
    options.namespaces ?? [],
    options.ignoredSignals ?? callerIgnoredSignals(),
    limits?.soft,
    limits && Number.isFinite(limits.hard) ? limits.hard : undefined,
  );
}

async function write(fd: number, data: Uint8Array, signal?: AbortSignal): Promise<void> {
  signal?.throwIfAborted();
  for (let done = 0; ; ) {
    done += addon().tryWrite(fd, data, done);
    if (done >= data.length) return;
    await cancellable(addon().waitWritable(fd), signal);
  }
}

/** The system calls, on this machine. */
export const linux: Linux = {
  mount: (...call) => addon().mount(...call),
  umount: (...call) => addon().umount(...call),
  mountOverlay,
  openTree: (...call) => addon().openTree(...call),
  moveMount: (...call) => addon().moveMount(...call),
  mountSetattr: (path, flags, { set = 0, clear = 0, propagation = 0, usernsFd = 0 }) =>
    addon().mountSetattr(path, flags, set, clear, propagation, usernsFd),

  openat2: (...call) => addon().openat2(...call),
  mknod: (...call) => addon().mknod(...call),
  mkfifo: (path, mode) => addon().mknod(path, 0o010000 | mode, 0, 0),
  lstat: (path) => addon().lstat(path),
  fstat: (fd) => addon().fstat(fd),
  lutimes: (...call) => addon().lutimes(...call),
  lsetxattr: (...call) => addon().lsetxattr(...call),
  lgetxattr: (...call) => addon().lgetxattr(...call),
  llistxattr: (path) => addon().llistxattr(path),
  lremovexattr: (...call) => addon().lremovexattr(...call),
  syncfs: (fd) => addon().syncfs(fd),
  renameat2: (...call) => addon().renameat2(...call),
  reflink: (...call) => addon().reflink(...call),
  writeNewFile: (...call) => addon().writeNewFile(...call),

  tryLock: (...call) => addon().tryLock(...call),
  waitLock: (fd, exclusive, signal) => cancellable(addon().waitLock(fd, exclusive), signal),
  unlock: (fd) => addon().unlock(fd),

  spawn,
  waitpid: (pid) => addon().waitpid(pid).promise,
  pidfdOpen: (pid) => addon().pidfdOpen(pid),
  pidfdSendSignal: (...call) => addon().pidfdSendSignal(...call),
  pidfdWait: (fd, signal) => cancellable(addon().pidfdWait(fd), signal),
  kill: (...call) => addon().kill(...call),
  setSubreaper: (on) => addon().setSubreaper(on),
  getrlimit: (resource) => (resource === RLIMIT_NOFILE ? callerLimits() : undefined) ?? addon().getrlimit(resource),
  umask: (mask) => addon().umask(mask),
  capabilities: () => addon().capabilities(),
  setCloseOnExec: (...call) => addon().setCloseOnExec(...call),

  unshare: (flags) => addon().unshare(flags),
  setns: (...call) => addon().setns(...call),
  chroot: (path) => addon().chroot(path),
  fchdir: (fd) => addon().fchdir(fd),
  pinNetworkNamespace: (path) => addon().pinNetworkNamespace(path),

  seqpacketPair: () => addon().seqpacketPair(),
  pipe: () => addon().pipe(),
  connectSeqpacket: (path) => addon().connectSeqpacket(path),
  read: (fd, maxBytes, signal) => cancellable(addon().readAsync(fd, maxBytes), signal),
  write,
  shutdownWrite: (fd) => addon().shutdownWrite(fd),
  sdNotify: (message) => {
    const path = process.env['NOTIFY_SOCKET'];
    return path ? addon().sdNotify(path, message) : false;
  },
  terminalSize: (fd) => addon().terminalSize(fd),
  makeRaw: (fd) => addon().makeRaw(fd),
  restoreTerminal: (fd, saved) => addon().restoreTerminal(fd, saved),
  crc64Update: (...call) => addon().crc64Update(...call),
};
