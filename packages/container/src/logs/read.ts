/** Reading a k8s-file log: the last lines, a span of time, and what is still being written. */
import { constants, existsSync, fstatSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { ContainerError } from '../errors.ts';
import { type LogLine, parseLogLine, timeNanoseconds } from './line.ts';
import { tailOffset } from './tail.ts';

export interface LogOptions {
  /** Number of whole lines from the end; undefined: all. */
  readonly tail?: number;
  readonly since?: Date;
  readonly until?: Date;
  /** Go on until this says that the container has ended; then what is there is read to the end. */
  readonly follow?: { readonly ended: () => boolean | Promise<boolean> };
  readonly signal?: AbortSignal;
}

const CHUNK = 64 * 1024;
/** Milliseconds between looks at a log that has no more. */
const POLL = 50;
const NEWLINE = 0x0a;
/** conmon writes at most 8 kB and what stands before them. */
const LONGEST_LINE = 1024 * 1024;

/** A log file that isn't there is an empty log. */
export async function* readLog(path: string, options: LogOptions = {}): AsyncGenerator<LogLine> {
  const since = options.since ? BigInt(options.since.getTime()) * 1_000_000n : undefined;
  const until = options.until ? BigInt(options.until.getTime()) * 1_000_000n : undefined;
  for await (const line of lines(path, options)) {
    if (since !== undefined || until !== undefined) {
      const time = timeNanoseconds(line.time);
      if (since !== undefined && time < since) continue;
      if (until !== undefined && time > until) return;
    }
    yield line;
  }
}

async function* lines(path: string, options: LogOptions): AsyncGenerator<LogLine> {
  let file = await openLog(path);
  if (!file && options.follow) file = await waitForLog(path, options);
  if (!file) return;
  let rest: Buffer = Buffer.alloc(0);
  let offset = options.tail === undefined ? 0 : await tailOffset(file, options.tail);
  const buffer = Buffer.alloc(CHUNK);
  try {
    for (let ended = false; ; ) {
      options.signal?.throwIfAborted();
      const { bytesRead } = await file.read(buffer, 0, CHUNK, offset);
      if (bytesRead > 0) {
        offset += bytesRead;
        const data: Buffer = Buffer.concat([rest, buffer.subarray(0, bytesRead)]);
        let start = 0;
        for (let end = data.indexOf(NEWLINE); end >= 0; end = data.indexOf(NEWLINE, start)) {
          const line = parseLogLine(data.subarray(start, end));
          start = end + 1;
          if (line) yield line;
        }
        rest = data.subarray(start);
        if (rest.length > LONGEST_LINE) throw new ContainerError('LOG_UNREADABLE', `${path}: a line has no end`);
        continue;
      }
      if (!options.follow || ended) return;
      // Asked before the last look: what was written in between is seen.
      ended = await options.follow.ended();
      if (await isReplaced(file, path, offset)) {
        await file.close();
        const next = await openLog(path);
        if (!next) return;
        file = next;
        offset = 0;
        rest = Buffer.alloc(0);
      } else if (!ended) {
        await pause(POLL, undefined, options.signal ? { signal: options.signal } : {});
      }
    }
  } finally {
    await file.close();
  }
}

async function openLog(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new ContainerError('LOG_UNREADABLE', `reading log ${path}: ${(cause as Error).message}`, { cause });
  }
}

async function waitForLog(path: string, options: LogOptions): Promise<FileHandle | undefined> {
  while (!existsSync(path)) {
    if (await options.follow?.ended()) break;
    await pause(POLL, undefined, options.signal ? { signal: options.signal } : {});
  }
  return openLog(path);
}

/** conmon starts a new file, or this one from its beginning, when the log reaches its greatest size. */
async function isReplaced(file: FileHandle, path: string, offset: number): Promise<boolean> {
  const ours = fstatSync(file.fd);
  if (ours.size < offset || ours.nlink === 0) return existsSync(path);
  return false;
}
