/** Puts an archive together again from its tar-split data and the files of its layer, byte for byte. */
import { closeSync, read as readCallback } from 'node:fs';
import { promisify } from 'node:util';
import { linux } from '@lighter/linux/native';
import { ArchiveError } from '../errors.ts';
import { cleanPath } from '../paths.ts';
import { type PathBytes, printable } from '../tar/header.ts';
import { readFully } from '../tree/entry.ts';
import { LayerFiles } from './layer-files.ts';
import { readTarSplit, type TarSplitLine } from './lines.ts';

const CHUNK = 512 * 1024;
/** Files up to this size are read synchronously: a hop through libuv's pool costs more than the read. */
const SMALL = 128 * 1024;

const readAsync = promisify(readCallback);

/**
 * The archive as a stream. `directories` are the layer's own, nearest first: an overlay's `diff`, then older contents pushed
 * down by id remapping. A file whose content changed since fails with code INTEGRITY.
 */
export async function* reassemble(
  tarSplitPath: string,
  directories: readonly string[],
  signal?: AbortSignal,
): AsyncGenerator<Buffer> {
  using files = new LayerFiles(directories);
  let chunk = Buffer.allocUnsafe(CHUNK);
  let used = 0;
  for await (const lines of readTarSplit(tarSplitPath)) {
    signal?.throwIfAborted();
    for (const line of lines) {
      const { type, size = 0, payload } = line;
      if (type === 1 && size === 0) continue;
      const needed = type === 2 ? ((payload?.length ?? 0) * 3) / 4 + 3 : size;
      if (needed > CHUNK - used && used > 0) {
        yield chunk.subarray(0, used);
        chunk = Buffer.allocUnsafe(CHUNK);
        used = 0;
      }
      if (type === 2 && needed <= CHUNK) used += chunk.write(payload ?? '', used, 'base64');
      else if (type === 2) yield Buffer.from(payload ?? '', 'base64');
      else if (size <= SMALL) used += smallFile(line, size, files, chunk, used);
      else yield* largeFile(line, size, files);
    }
  }
  if (used > 0) yield chunk.subarray(0, used);
}

function smallFile(line: TarSplitLine, size: number, files: LayerFiles, chunk: Buffer, at: number): number {
  const name = nameOf(line);
  const fd = files.open(cleanPath(name));
  try {
    if (readFully(fd, chunk, at, size) < size || linux.fstat(fd).size !== size) throw changed(name);
  } finally {
    closeSync(fd);
  }
  const crc = new Uint8Array(8);
  linux.crc64Update(crc, chunk.subarray(at, at + size));
  verify(crc, line, name);
  return size;
}

async function* largeFile(line: TarSplitLine, size: number, files: LayerFiles): AsyncGenerator<Buffer> {
  const name = nameOf(line);
  const crc = new Uint8Array(8);
  const fd = files.open(cleanPath(name));
  try {
    if (linux.fstat(fd).size !== size) throw changed(name);
    for (let remaining = size; remaining > 0; ) {
      const length = Math.min(CHUNK, remaining);
      const { bytesRead, buffer } = await readAsync(fd, Buffer.allocUnsafe(length), 0, length, null);
      if (bytesRead === 0) throw changed(name);
      const piece = buffer.subarray(0, bytesRead);
      linux.crc64Update(crc, piece);
      remaining -= bytesRead;
      // The last piece waits for the verdict on the whole.
      if (remaining === 0) verify(crc, line, name);
      yield piece;
    }
  } finally {
    closeSync(fd);
  }
}

function nameOf(line: TarSplitLine): PathBytes {
  return line.name_raw === undefined ? (line.name ?? '') : Buffer.from(line.name_raw, 'base64');
}

function verify(crc: Uint8Array, line: TarSplitLine, name: PathBytes): void {
  if (Buffer.from(crc).toString('base64') !== line.payload) throw changed(name);
}

function changed(name: PathBytes): ArchiveError {
  return new ArchiveError('INTEGRITY', `file integrity checksum failed for ${printable(name)}`);
}
