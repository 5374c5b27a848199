/** Decompression of whole streams: every gzip member, every zstd frame; xz and bzip2 by the distribution's programs. */
import { pipeline, Readable, type Transform } from 'node:stream';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import { type Compression, detectCompression, MAGIC_BYTES } from './compression.ts';
import { ArchiveError } from './errors.ts';
import { ZstdFrames } from './zstd-frames.ts';

/** Half the CPU time of the default chunk size of 16 kB. */
const CHUNK = 512 * 1024;

export interface Decompressed {
  readonly compression: Compression;
  readonly stream: AsyncIterable<Buffer>;
}

/** Looks at the first bytes and gives the uncompressed stream. Errors of the source pass through it. */
export async function decompress(source: AsyncIterable<Buffer>): Promise<Decompressed> {
  const iterator = source[Symbol.asyncIterator]();
  const first: Buffer[] = [];
  let length = 0;
  while (length < MAGIC_BYTES) {
    const { done, value } = await iterator.next();
    if (done) break;
    first.push(value);
    length += value.length;
  }
  const compression = detectCompression(Buffer.concat(first));
  return { compression, stream: inflate(compression, joined(first, iterator)) };
}

async function* joined(first: readonly Buffer[], rest: AsyncIterator<Buffer>): AsyncGenerator<Buffer> {
  try {
    yield* first;
    for (let next = await rest.next(); !next.done; next = await rest.next()) yield next.value;
  } finally {
    await rest.return?.();
  }
}

function inflate(compression: Compression, source: AsyncIterable<Buffer>): AsyncIterable<Buffer> {
  switch (compression) {
    case 'none':
      return source;
    case 'gzip':
      return through(source, createGunzip({ chunkSize: CHUNK }), 'gzip');
    case 'zstd':
      return zstd(source);
    default:
      return byProgram(compression, source);
  }
}

/** Feeds a transform and yields what comes out; what goes wrong on either side is thrown once, as itself. */
async function* through(source: AsyncIterable<Buffer>, transform: Transform, what: string): AsyncGenerator<Buffer> {
  let failure: unknown;
  const readable = Readable.from(source, { objectMode: true, highWaterMark: 1 });
  readable.once('error', (error) => {
    failure = error;
  });
  pipeline(readable, transform, (error) => {
    if (error) failure ??= error;
  });
  try {
    for await (const chunk of transform) yield chunk;
  } catch (error) {
    const cause = failure ?? error;
    if (isZlibError(cause)) throw new ArchiveError('COMPRESSION_INVALID', `${what}: ${cause.message}`, { cause });
    throw cause;
  } finally {
    readable.destroy();
    transform.destroy();
  }
}

function isZlibError(error: unknown): error is Error {
  const code = (error as { code?: unknown }).code;
  return error instanceof Error && typeof code === 'string' && /^(Z_|ZSTD_|ERR_ZSTD)/.test(code);
}

/** One decoder a frame, as Node's ends with it. */
async function* zstd(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const pieces = framePieces(source);
  for (let next = await pieces.next(); !next.done; next = await pieces.next()) {
    yield* through(oneFrame(next.value, pieces), createZstdDecompress({ chunkSize: CHUNK }), 'zstd');
  }
}

async function* framePieces(source: AsyncIterable<Buffer>) {
  const frames = new ZstdFrames();
  for await (const chunk of source) yield* frames.push(chunk);
  frames.end();
}

async function* oneFrame(
  first: { data: Buffer; last: boolean },
  pieces: AsyncIterator<{ data: Buffer; last: boolean }>,
): AsyncGenerator<Buffer> {
  let piece = first;
  for (;;) {
    yield piece.data;
    if (piece.last) return;
    const next = await pieces.next();
    if (next.done) return;
    piece = next.value;
  }
}

async function* byProgram(compression: 'xz' | 'bzip2', source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const { spawn } = await import('node:child_process');
  const child = spawn(compression, ['-dc'], { stdio: ['pipe', 'pipe', 'pipe'] });
  const ended = new Promise<Error | undefined>((resolve) => {
    let said = '';
    child.stderr.on('data', (data: Buffer) => {
      said = (said + data.toString()).slice(0, 1000);
    });
    child.once('error', (error: NodeJS.ErrnoException) => {
      const missing =
        error.code === 'ENOENT'
          ? `${compression} isn't installed (package ${compression === 'xz' ? 'xz-utils' : 'bzip2'})`
          : error.message;
      resolve(
        new ArchiveError('COMPRESSION_UNSUPPORTED', `can't inflate ${compression}: ${missing}`, { cause: error }),
      );
    });
    child.once('close', (code) =>
      resolve(code === 0 ? undefined : new ArchiveError('COMPRESSION_INVALID', `${compression}: ${said.trim()}`)),
    );
  });
  let failure: unknown;
  pipeline(Readable.from(source, { objectMode: true, highWaterMark: 1 }), child.stdin, (error) => {
    // A program that has failed closes its pipe; its own words matter then.
    if (error && (error as NodeJS.ErrnoException).code !== 'EPIPE') failure = error;
  });
  try {
    for await (const chunk of child.stdout) yield chunk;
    const error = await ended;
    if (failure ?? error) throw failure ?? error;
  } finally {
    child.kill('SIGKILL');
  }
}
