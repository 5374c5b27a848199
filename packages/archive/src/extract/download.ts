/** A blob into a file, hashed on the way: for destinations that keep blobs as they are. */
import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import { ArchiveError } from '../errors.ts';

export interface DownloadRequest {
  /** File to write; mustn't exist. */
  readonly path: string;
  /** Digest that the bytes must have; its algorithm is used for hashing. */
  readonly digest?: string;
  readonly sync?: boolean;
}

export interface DownloadResult {
  readonly digest: string;
  readonly size: number;
}

const PROGRESS_STEP = 256 * 1024;
/** Chunks of sockets are small; writing them one by one costs more than copying them together. */
const WRITE_BYTES = 1024 * 1024;

export async function download(
  { path, digest, sync }: DownloadRequest,
  source: AsyncIterable<Buffer>,
  onProgress: (bytes: number) => void,
  signal?: AbortSignal,
): Promise<DownloadResult> {
  const algorithm = digest?.split(':')[0] ?? 'sha256';
  const hash = createHash(algorithm);
  await using file = await open(path, 'wx', 0o600);
  let size = 0;
  let reported = 0;
  let pending: Buffer[] = [];
  let pendingBytes = 0;
  for await (const chunk of source) {
    signal?.throwIfAborted();
    hash.update(chunk);
    size += chunk.length;
    pending.push(chunk);
    pendingBytes += chunk.length;
    if (pendingBytes >= WRITE_BYTES) {
      await write(file, pending);
      pending = [];
      pendingBytes = 0;
    }
    if (size - reported >= PROGRESS_STEP) {
      reported = size;
      onProgress(size);
    }
  }
  if (pendingBytes > 0) await write(file, pending);
  if (sync) await file.datasync();
  onProgress(size);
  const actual = `${algorithm}:${hash.digest('hex')}`;
  if (digest !== undefined && digest !== actual) {
    throw new ArchiveError('DIGEST_MISMATCH', `Digest did not match, expected ${digest}, got ${actual}`);
  }
  return { digest: actual, size };
}

async function write(file: FileHandle, chunks: readonly Buffer[]): Promise<void> {
  const total = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
  const { bytesWritten } = await file.writev(chunks);
  if (bytesWritten === total) return;
  // A short write: the rest in one piece.
  let rest = Buffer.concat(chunks).subarray(bytesWritten);
  while (rest.length > 0) rest = rest.subarray((await file.write(rest)).bytesWritten);
}
