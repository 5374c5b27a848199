/**
 * Compression on all cores: blocks are compressed in the threads of libuv, several at once, and joined in order. gzip blocks
 * know the 32 kB before them, so that the result is one member hardly larger than a plain one (RFC 1951, 1952, as pigz does
 * it); zstd blocks are frames of their own (RFC 8878, 3.1).
 */
import { availableParallelism } from 'node:os';
import { promisify } from 'node:util';
import { constants, crc32, deflateRaw, zstdCompress } from 'node:zlib';

/** Uncompressed bytes of a block. Frames are longer, as nothing is known across them. */
const GZIP_BLOCK = 1024 * 1024;
const ZSTD_BLOCK = 4 * 1024 * 1024;
const WINDOW = 32 * 1024;
/** About the size that the Go tools' defaults give. */
const DEFAULT_LEVEL = { gzip: 4, zstd: 3 } as const;

export async function* compressStream(
  source: AsyncIterable<Uint8Array>,
  format: 'gzip' | 'zstd',
  level: number = DEFAULT_LEVEL[format],
): AsyncGenerator<Buffer> {
  yield* format === 'gzip' ? gzip(source, level) : zstd(source, level);
}

async function* gzip(source: AsyncIterable<Uint8Array>, level: number): AsyncGenerator<Buffer> {
  const deflate = promisify<Uint8Array, object, Buffer>(deflateRaw);
  let crc = 0;
  let size = 0;
  let before: Buffer | undefined;
  // Magic, deflate, no flags, no time, no extra flags, system unknown (RFC 1952, 2.3).
  yield Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255]);
  yield* inOrder(blocks(source, GZIP_BLOCK), ({ data, last }) => {
    crc = crc32(data, crc);
    size += data.length;
    const dictionary = before;
    before = data.subarray(Math.max(0, data.length - WINDOW));
    return deflate(data, {
      level,
      memLevel: 9,
      chunkSize: GZIP_BLOCK / 2,
      finishFlush: last ? constants.Z_FINISH : constants.Z_SYNC_FLUSH,
      ...(dictionary && dictionary.length > 0 ? { dictionary } : {}),
    });
  });
  const trailer = Buffer.alloc(8);
  trailer.writeUInt32LE(crc >>> 0, 0);
  trailer.writeUInt32LE(size % 2 ** 32, 4);
  yield trailer;
}

async function* zstd(source: AsyncIterable<Uint8Array>, level: number): AsyncGenerator<Buffer> {
  const compress = promisify<Uint8Array, object, Buffer>(zstdCompress);
  yield* inOrder(blocks(source, ZSTD_BLOCK), ({ data }) =>
    compress(data, {
      chunkSize: ZSTD_BLOCK / 2,
      params: { [constants.ZSTD_c_compressionLevel]: level, [constants.ZSTD_c_checksumFlag]: 1 },
    }),
  );
}

interface Block {
  readonly data: Buffer;
  readonly last: boolean;
}

/** Cuts a stream into blocks of equal size; the last one may be shorter, or empty. */
async function* blocks(source: AsyncIterable<Uint8Array>, size: number): AsyncGenerator<Block> {
  let block = Buffer.allocUnsafeSlow(size);
  let filled = 0;
  for await (const chunk of source) {
    for (let at = 0; at < chunk.length; ) {
      if (filled === size) {
        yield { data: block, last: false };
        block = Buffer.allocUnsafeSlow(size);
        filled = 0;
      }
      const length = Math.min(chunk.length - at, size - filled);
      block.set(chunk.subarray(at, at + length), filled);
      filled += length;
      at += length;
    }
  }
  yield { data: block.subarray(0, filled), last: true };
}

/** Blocks that may be worked on at once, over all streams: what they hold is what a copy needs of memory. */
const places = availableParallelism() + 1;
const waiting: (() => void)[] = [];
let busy = 0;

async function takePlace(): Promise<void> {
  if (busy < places) busy++;
  else await new Promise<void>((resolve) => waiting.push(resolve));
}

function leavePlace(): void {
  const next = waiting.shift();
  if (next) next();
  else busy--;
}

/** Works on several blocks at once, and yields the results in the order of the blocks. */
async function* inOrder(source: AsyncIterable<Block>, work: (block: Block) => Promise<Buffer>): AsyncGenerator<Buffer> {
  const running: Promise<Buffer>[] = [];
  try {
    for await (const block of source) {
      await takePlace();
      running.push(work(block).finally(leavePlace));
      // Failures are met when their turn comes.
      running.at(-1)?.catch(() => undefined);
      if (running.length >= places) yield await (running.shift() as Promise<Buffer>);
    }
    while (running.length > 0) yield await (running.shift() as Promise<Buffer>);
  } finally {
    await Promise.allSettled(running);
  }
}
