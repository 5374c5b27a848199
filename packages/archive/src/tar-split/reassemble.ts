/** Puts an archive together again from its tar-split data and the files of its layer, byte for byte. */
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { linux } from '@lighter/linux/native';
import { ArchiveError } from '../errors.ts';
import { cleanPath } from '../paths.ts';
import { FileInRoots } from '../rootfs.ts';
import { type PathBytes, printable } from '../tar/header.ts';

/** Longest line read: a segment holds at most a few hundred kB of raw bytes in base64. */
const MAX_LINE = 64 * 1024 * 1024;
const CHUNK = 1024 * 1024;

interface Line {
  readonly type: number;
  readonly name?: string;
  readonly name_raw?: string;
  readonly size?: number;
  readonly payload?: string | null;
}

/**
 * The archive as a stream. `directories` are the layer's own, nearest first: an overlay's `diff`, then older contents pushed
 * down by id remapping. A file whose content changed since fails with code INTEGRITY.
 */
export async function* reassemble(
  tarSplitPath: string,
  directories: readonly string[],
  signal?: AbortSignal,
): AsyncGenerator<Buffer> {
  const source = createReadStream(tarSplitPath);
  const gunzip = createGunzip({ chunkSize: 256 * 1024 });
  let failure: Error | undefined;
  // Errors of either stream end the lines; they are thrown below.
  pipeline(source, gunzip, (error) => {
    failure = error ?? undefined;
  });
  using files = new FileInRoots(directories);
  const lines = createInterface({ input: gunzip, crlfDelay: Number.POSITIVE_INFINITY });
  try {
    for await (const text of lines) {
      signal?.throwIfAborted();
      if (text === '') continue;
      const line = parseLine(text, tarSplitPath);
      if (line.type === 2) yield Buffer.from(line.payload ?? '', 'base64');
      else if (line.size) yield* content(line, files);
    }
    if (failure) throw new ArchiveError('TAR_SPLIT_INVALID', `${tarSplitPath}: ${failure.message}`, { cause: failure });
  } finally {
    lines.close();
    source.destroy();
    gunzip.destroy();
  }
}

function parseLine(text: string, path: string): Line {
  if (text.length > MAX_LINE)
    throw new ArchiveError('TAR_SPLIT_INVALID', `${path}: a line of ${text.length} characters`);
  let line: Line;
  try {
    line = JSON.parse(text);
  } catch (error) {
    throw new ArchiveError('TAR_SPLIT_INVALID', `${path}: ${(error as Error).message}`, { cause: error });
  }
  const { type, size } = line ?? {};
  if ((type !== 1 && type !== 2) || (size !== undefined && (!Number.isSafeInteger(size) || size < 0))) {
    throw new ArchiveError('TAR_SPLIT_INVALID', `${path}: not a line of tar-split`);
  }
  return line;
}

async function* content(line: Line, files: FileInRoots): AsyncGenerator<Buffer> {
  const name: PathBytes = line.name_raw === undefined ? (line.name ?? '') : Buffer.from(line.name_raw, 'base64');
  const crc = new Uint8Array(8);
  let remaining = line.size ?? 0;
  for await (const chunk of files.read(cleanPath(name), CHUNK)) {
    if (chunk.length > remaining) throw changed(name);
    remaining -= chunk.length;
    linux.crc64Update(crc, chunk);
    yield chunk;
  }
  if (remaining !== 0 || Buffer.from(crc).toString('base64') !== line.payload) throw changed(name);
}

function changed(name: PathBytes): ArchiveError {
  return new ArchiveError('INTEGRITY', `file integrity checksum failed for ${printable(name)}`);
}
