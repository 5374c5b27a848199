/**
 * Lock files shared with the Go tools (containers/storage lockfile): an open file description lock on the whole file, and
 * in its first 64 bytes a token that names the last writer.
 */
import { closeSync, constants, mkdirSync, openSync, readSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { linux } from '@lighter/linux/native';
import { randomBytes } from '@lighter/linux/random';

/** How long to wait before saying for whom. */
const PATIENCE = 5000;
const TOKEN_BYTES = 64;

let counter = 0;

/** Wraps every taking of a lock while a test watches the order in which they nest. */
let watcher: (<T>(path: string, work: () => Promise<T>) => Promise<T>) | undefined;

export function watchLocks(watch: typeof watcher): void {
  watcher = watch;
}

export interface Held {
  /** Marks the guarded file as changed; call it before writing the file. */
  renewToken(): void;
  /** '' when nobody has written yet. */
  token(): string;
}

export interface LockOptions {
  readonly signal?: AbortSignal;
  /** Open for reading only and never for writing: stores of others. */
  readonly readOnly?: boolean;
}

/** One lock file. Within the process its holders queue up, as the kernel doesn't keep apart what shares a description. */
export class LockFile {
  readonly path: string;
  #queue: Promise<unknown> = Promise.resolve();

  constructor(path: string) {
    this.path = path;
  }

  /** Runs `work` holding the lock, shared or exclusive. */
  with<T>(exclusive: boolean, work: (held: Held) => Promise<T> | T, options: LockOptions = {}): Promise<T> {
    const take = () => {
      const turn = this.#queue.then(() => this.#locked(exclusive, work, options));
      this.#queue = turn.catch(() => {});
      return turn;
    };
    return watcher ? watcher(this.path, take) : take();
  }

  async #locked<T>(
    exclusive: boolean,
    work: (held: Held) => Promise<T> | T,
    { signal, readOnly }: LockOptions,
  ): Promise<T> {
    const fd = open(this.path, readOnly ?? false);
    try {
      if (!linux.tryLock(fd, exclusive)) await this.#wait(fd, exclusive, signal);
      return await work({ renewToken: () => writeSync(fd, newToken(), 0, TOKEN_BYTES, 0), token: () => readToken(fd) });
    } finally {
      // Before the close: a child that is being spawned shares the description for a moment.
      linux.unlock(fd);
      closeSync(fd);
    }
  }

  async #wait(fd: number, exclusive: boolean, signal: AbortSignal | undefined): Promise<void> {
    const late = setTimeout(() => {
      process.stderr.write(`waiting for ${this.path}, which ${holder(fd)} holds\n`);
    }, PATIENCE);
    try {
      await linux.waitLock(fd, exclusive, signal);
    } finally {
      clearTimeout(late);
    }
  }
}

function open(path: string, readOnly: boolean): number {
  const flags = constants.O_CREAT | (readOnly ? constants.O_RDONLY : constants.O_RDWR);
  try {
    return openSync(path, flags, 0o644);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    return openSync(path, flags, 0o644);
  }
}

/** 8 bytes of time in ns, 8 of a counter, 4 of the pid, then chance; readers only compare. */
function newToken(): Buffer {
  const token = Buffer.alloc(TOKEN_BYTES);
  token.writeBigUInt64LE(BigInt(Date.now()) * 1_000_000n + (process.hrtime.bigint() % 1_000_000n), 0);
  token.writeBigUInt64LE(BigInt(++counter), 8);
  token.writeUInt32LE(process.pid, 16);
  randomBytes(TOKEN_BYTES - 20).copy(token, 20);
  return token;
}

function readToken(fd: number): string {
  const token = Buffer.alloc(TOKEN_BYTES);
  const length = readSync(fd, token, 0, TOKEN_BYTES, 0);
  return token.toString('latin1', 0, length);
}

/** `process 123 (podman)`, as far as /proc/locks tells: open file description locks name nobody. */
function holder(fd: number): string {
  const { readFileSync, readdirSync, fstatSync } = process.getBuiltinModule('node:fs');
  const { ino } = fstatSync(fd);
  for (const line of readFileSync('/proc/locks', 'utf8').split('\n')) {
    const fields = line.trim().split(/\s+/);
    if (fields[5]?.endsWith(`:${ino}`) && Number(fields[4]) > 0) return describe(fields[4] ?? '');
  }
  for (const pid of readdirSync('/proc')) {
    if (!/^\d+$/.test(pid) || Number(pid) === process.pid) continue;
    try {
      for (const name of readdirSync(`/proc/${pid}/fdinfo`)) {
        if (
          readFileSync(`/proc/${pid}/fdinfo/${name}`, 'utf8').includes(`lock:`) &&
          sameFile(`/proc/${pid}/fd/${name}`, ino)
        )
          return describe(pid);
      }
    } catch {
      // Another user's, or it has ended.
    }
  }
  return 'another process';
}

function sameFile(path: string, ino: number): boolean {
  return process.getBuiltinModule('node:fs').statSync(path, { throwIfNoEntry: false })?.ino === ino;
}

function describe(pid: string): string {
  try {
    return `process ${pid} (${process.getBuiltinModule('node:fs').readFileSync(`/proc/${pid}/comm`, 'utf8').trim()})`;
  } catch {
    return `process ${pid}`;
  }
}
