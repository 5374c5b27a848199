/**
 * One layer in one pass, inside a worker: bytes → sha256 → inflate → sha256 (diff id) → tar → files, with the tar-split
 * written beside it. Nothing is buffered whole; other layers of the same worker run while this one waits.
 */
import { createHash } from 'node:crypto';
import { writeSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { compressions } from '../compression.ts';
import { decompress } from '../decompress.ts';
import { ArchiveError } from '../errors.ts';
import { defaultTarLimits, TarParser } from '../tar/parser.ts';
import { TarSplitWriter } from '../tar-split/writer.ts';
import { ConfinedRoot } from './confinement.ts';
import { type ExtractOptions, Extractor, storesContent } from './extractor.ts';

export interface StageRequest extends ExtractOptions {
  /** Empty folder to extract into. */
  readonly directory: string;
  /** File that the tar-split is written to; mustn't exist. */
  readonly tarSplitPath: string;
  /** Digest that the blob as stored must have. */
  readonly digest?: string;
  /** Most uncompressed bytes that are taken. */
  readonly maxBytes?: number;
  /** Most entries that are taken. */
  readonly maxEntries?: number;
  /** Flush the tar-split to disk before saying that it is done. */
  readonly sync?: boolean;
}

export interface StageResult {
  /** `sha256:…` of the uncompressed archive. */
  readonly diffDigest: string;
  readonly diffSize: number;
  /** `sha256:…` of the blob as it came. */
  readonly compressedDigest: string;
  readonly compressedSize: number;
  /** Index in `compressions`. */
  readonly compression: number;
  /** Owners seen in the archive, sorted. */
  readonly uids: readonly number[];
  readonly gids: readonly number[];
}

/** Bytes between two calls of `onProgress`. */
const PROGRESS_STEP = 256 * 1024;

export async function stage(
  request: StageRequest,
  source: AsyncIterable<Buffer>,
  onProgress: (bytes: number) => void,
  signal?: AbortSignal,
): Promise<StageResult> {
  await using root = await ConfinedRoot.open(request.directory);
  await using splitFile = await open(request.tarSplitPath, 'wx', 0o600);
  const compressed = new Digester();
  let reported = 0;
  const counted = (async function* () {
    for await (const chunk of source) {
      signal?.throwIfAborted();
      compressed.update(chunk);
      if (compressed.size - reported >= PROGRESS_STEP) {
        reported = compressed.size;
        onProgress(reported);
      }
      yield chunk;
    }
  })();
  const { compression, stream } = await decompress(counted);
  const diff = new Digester();
  const extractor = new Extractor(request);
  const split = new TarSplitWriter((bytes) => writeAll(splitFile.fd, bytes));
  let sparse = false;
  let stored = true;
  const parser = new TarParser(
    {
      raw: (bytes) => split.raw(bytes),
      entry(header) {
        // What can't be read back from the layer's files is kept as raw bytes: parts of sparse files, content of whiteouts.
        sparse = header.sparse ?? false;
        stored = !sparse && storesContent(header);
        split.entry(header.name, stored ? header.size : 0);
        extractor.entry(header);
      },
      content(bytes, complete) {
        if (stored) split.content(bytes);
        else if (!sparse) split.raw(bytes);
        extractor.content(bytes, complete);
      },
      hole: (length) => extractor.hole(length),
      entryEnd() {
        split.entryEnd();
        extractor.entryEnd();
      },
    },
    { ...defaultTarLimits, ...(request.maxEntries === undefined ? {} : { maxEntries: request.maxEntries }) },
  );
  try {
    for await (const chunk of stream) {
      diff.update(chunk);
      if (request.maxBytes !== undefined && diff.size > request.maxBytes) {
        throw new ArchiveError('LIMIT_EXCEEDED', `layer is larger than ${request.maxBytes} bytes uncompressed`);
      }
      root.run(() => parser.push(chunk));
    }
    parser.end();
    root.run(() => extractor.finish());
  } catch (error) {
    extractor.abandon();
    throw error;
  }
  split.end();
  if (request.sync) await splitFile.sync();
  onProgress(compressed.size);
  const compressedDigest = compressed.digest();
  if (request.digest !== undefined && request.digest !== compressedDigest) {
    throw new ArchiveError(
      'DIGEST_MISMATCH',
      `Digest did not match, expected ${request.digest}, got ${compressedDigest}`,
    );
  }
  return {
    diffDigest: compression === 'none' ? compressedDigest : diff.digest(),
    diffSize: diff.size,
    compressedDigest,
    compressedSize: compressed.size,
    compression: compressions.indexOf(compression),
    uids: sorted(extractor.uids),
    gids: sorted(extractor.gids),
  };
}

class Digester {
  readonly #hash = createHash('sha256');
  size = 0;

  update(chunk: Uint8Array): void {
    this.#hash.update(chunk);
    this.size += chunk.length;
  }

  digest(): string {
    return `sha256:${this.#hash.digest('hex')}`;
  }
}

function writeAll(fd: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at);
}

function sorted(ids: ReadonlySet<number>): number[] {
  return [...ids].sort((a, b) => a - b);
}
