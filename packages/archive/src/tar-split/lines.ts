/** Reads tar-split data: gzip of JSON lines, which a store shared with others may hold in any state. */
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { ArchiveError } from '../errors.ts';

/** Longest line: a segment holds at most a few MB of raw bytes in base64. */
const MAX_LINE = 64 * 1024 * 1024;

export interface TarSplitLine {
  /** 1: a file, 2: raw bytes. */
  readonly type: number;
  readonly name?: string;
  readonly name_raw?: string;
  readonly size?: number;
  readonly payload?: string | null;
}

/** Lines as they become available, several at once. Throws TAR_SPLIT_INVALID, or the system's error of the file. */
export async function* readTarSplit(path: string): AsyncGenerator<TarSplitLine[]> {
  const source = createReadStream(path, { highWaterMark: 256 * 1024 });
  const gunzip = createGunzip({ chunkSize: 256 * 1024 });
  let failure: Error | undefined;
  pipeline(source, gunzip, (error) => {
    failure ??= error ?? undefined;
  });
  let rest: Buffer[] = [];
  let restLength = 0;
  try {
    for await (const chunk of gunzip as AsyncIterable<Buffer>) {
      const end = chunk.lastIndexOf(0x0a);
      if (end >= 0) {
        const text = Buffer.concat([...rest, chunk.subarray(0, end)]).toString('utf8');
        yield text.split('\n').map((line) => parseLine(line, path));
        rest = [];
        restLength = 0;
      }
      rest.push(chunk.subarray(end + 1));
      restLength += chunk.length - end - 1;
      if (restLength > MAX_LINE)
        throw new ArchiveError('TAR_SPLIT_INVALID', `${path}: a line of over ${MAX_LINE} bytes`);
    }
  } catch (error) {
    if (error instanceof ArchiveError) throw error;
    const cause = failure ?? (error as NodeJS.ErrnoException);
    if ('syscall' in cause) throw cause;
    throw new ArchiveError('TAR_SPLIT_INVALID', `${path}: ${cause.message}`, { cause });
  } finally {
    source.destroy();
    gunzip.destroy();
  }
  if (restLength > 0) yield [parseLine(Buffer.concat(rest).toString('utf8'), path)];
}

function parseLine(text: string, path: string): TarSplitLine {
  let line: TarSplitLine;
  try {
    line = JSON.parse(text);
  } catch (error) {
    throw new ArchiveError('TAR_SPLIT_INVALID', `${path}: ${(error as Error).message}`, { cause: error });
  }
  const { type, size } = line ?? {};
  if ((type !== 1 && type !== 2) || (size !== undefined && (!Number.isSafeInteger(size) || size < 0)))
    throw new ArchiveError('TAR_SPLIT_INVALID', `${path}: not a line of tar-split`);
  return line;
}
