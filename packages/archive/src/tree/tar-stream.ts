/** Entries of a tree as the bytes of an archive, in chunks large enough to be worth handing on. */
import { closeSync, read as readCallback } from 'node:fs';
import { promisify } from 'node:util';
import { ArchiveError } from '../errors.ts';
import { BLOCK, printable, type TarHeader } from '../tar/header.ts';
import { contentPadding, writeHeader } from '../tar/writer.ts';
import { openFile, readFully } from './entry.ts';
import type { TreeEntry } from './walk.ts';

const CHUNK = 512 * 1024;
/** Files up to this size are read synchronously: a hop through libuv's pool costs more than the read. */
const SMALL = 128 * 1024;

const readAsync = promisify(readCallback);

/** One file or header of an archive to be. */
export interface TarItem {
  readonly header: TarHeader;
  /** Where the content is, for files that have any. */
  readonly entry?: TreeEntry;
}

export async function* tarStream(items: Iterable<TarItem>, signal?: AbortSignal): AsyncGenerator<Buffer> {
  let chunk = Buffer.allocUnsafe(CHUNK);
  let used = 0;
  for (const { header, entry } of items) {
    signal?.throwIfAborted();
    const block = writeHeader(header);
    const small = entry !== undefined && header.size <= SMALL;
    const needed = block.length + (small ? header.size + BLOCK : 0);
    if (needed > CHUNK - used) {
      if (used > 0) yield chunk.subarray(0, used);
      chunk = Buffer.allocUnsafe(Math.max(CHUNK, needed));
      used = 0;
    }
    block.copy(chunk, used);
    used += block.length;
    if (!entry || header.size === 0) continue;
    if (small) {
      used += readSmall(entry, header.size, chunk, used);
      continue;
    }
    yield chunk.subarray(0, used);
    yield* readLarge(entry, header.size);
    chunk = Buffer.allocUnsafe(CHUNK);
    contentPadding(header.size).copy(chunk);
    used = contentPadding(header.size).length;
  }
  chunk = Buffer.concat([chunk.subarray(0, used), Buffer.alloc(2 * BLOCK)]);
  yield chunk;
}

function readSmall(entry: TreeEntry, size: number, chunk: Buffer, at: number): number {
  const fd = openFile(entry);
  try {
    if (readFully(fd, chunk, at, size) < size) throw shortened(entry);
  } finally {
    closeSync(fd);
  }
  const padding = (BLOCK - (size % BLOCK)) % BLOCK;
  chunk.fill(0, at + size, at + size + padding);
  return size + padding;
}

/** Exactly as many bytes as the header says, whatever happens to the file meanwhile. */
async function* readLarge(entry: TreeEntry, size: number): AsyncGenerator<Buffer> {
  const fd = openFile(entry);
  try {
    for (let remaining = size; remaining > 0; ) {
      const length = Math.min(CHUNK, remaining);
      const { bytesRead, buffer } = await readAsync(fd, Buffer.allocUnsafe(length), 0, length, null);
      if (bytesRead === 0) throw shortened(entry);
      remaining -= bytesRead;
      yield buffer.subarray(0, bytesRead);
    }
  } finally {
    closeSync(fd);
  }
}

function shortened(entry: TreeEntry): ArchiveError {
  return new ArchiveError('INTEGRITY', `${printable(entry.path)} became shorter while it was read`);
}
