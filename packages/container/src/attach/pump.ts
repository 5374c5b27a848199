/** Copies between our own standard streams and an attached container. */
import { linux } from '@lighter/linux/native';
import type { AttachStream } from '@lighter/runtime/types';
import { DetachFilter } from './detach-keys.ts';

export interface PumpOptions {
  /** Descriptors; undefined: that stream isn't attached. */
  readonly stdin?: number;
  readonly stdout?: number;
  readonly stderr?: number;
  /** Of `parseDetachKeys`; empty: none. */
  readonly detachKeys?: Uint8Array;
  readonly signal?: AbortSignal;
}

const CHUNK = 32 * 1024;

/** Until the container's output ends, or the user detaches. A reader of ours that has gone ends nothing. */
export async function pumpAttach(stream: AttachStream, options: PumpOptions): Promise<'ended' | 'detached'> {
  const stop = new AbortController();
  const signal = options.signal ? AbortSignal.any([options.signal, stop.signal]) : stop.signal;
  const output = copyOutput(stream, options).then(() => 'ended' as const);
  const input = options.stdin === undefined ? undefined : copyInput(stream, options.stdin, options.detachKeys, signal);
  try {
    if (!input) return await output;
    // Input that ends, other than by the detach keys, leaves the output going on.
    return await Promise.race([output, input.then((detached) => (detached ? ('detached' as const) : output))]);
  } finally {
    stop.abort();
    // Whichever is still going ends with the stream, which is the caller's to close.
    output.catch(() => {});
    await input?.catch(() => {});
  }
}

async function copyOutput(stream: AttachStream, options: PumpOptions): Promise<void> {
  for await (const { stream: name, data } of stream.read()) {
    const fd = name === 'stdout' ? options.stdout : options.stderr;
    if (fd !== undefined) await writeUnlessClosed(fd, data);
  }
}

/** Whether the user detached. */
async function copyInput(
  stream: AttachStream,
  stdin: number,
  keys: Uint8Array | undefined,
  signal: AbortSignal,
): Promise<boolean> {
  const filter = new DetachFilter(keys ?? new Uint8Array());
  try {
    for (;;) {
      const chunk = await linux.read(stdin, CHUNK, signal);
      if (!chunk) break;
      const { data, detach } = filter.push(chunk);
      if (data.length > 0) await stream.write(data, signal);
      if (detach) return true;
    }
    stream.closeStdin();
  } catch (error) {
    // The container has gone, or we stop.
    if (!signal.aborted && !isGone(error)) throw error;
  }
  return false;
}

function isGone(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'EPIPE' || code === 'ECONNRESET' || code === 'ENOTCONN';
}

/** A closed pipe swallows. */
async function writeUnlessClosed(fd: number, data: Uint8Array): Promise<void> {
  try {
    await linux.write(fd, data);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPIPE') throw error;
  }
}
