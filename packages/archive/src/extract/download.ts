/** A blob into a file, hashed on the way: for destinations that keep blobs as they are. */
import { createHash } from 'node:crypto';
import { fdatasync, writeSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { promisify } from 'node:util';
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

/** Hands bytes on, each chunk valid during its call only. */
export type Pump = (take: (bytes: Buffer) => void) => Promise<void>;

const PROGRESS_STEP = 1024 * 1024;
/** Smaller chunks (TLS has 16 kB) are gathered first: a call of the system costs more than copying them together. */
const WRITE_BYTES = 256 * 1024;

export async function download(
  { path, digest, sync }: DownloadRequest,
  pump: Pump,
  onProgress: (bytes: number) => void,
): Promise<DownloadResult> {
  await using file = await open(path, 'wx', 0o600);
  const sink = new HashingFile(file.fd, digest?.split(':')[0] ?? 'sha256', onProgress);
  await pump((bytes) => sink.take(bytes));
  const result = sink.finish();
  if (digest !== undefined && digest !== result.digest)
    throw new ArchiveError('DIGEST_MISMATCH', `Digest did not match, expected ${digest}, got ${result.digest}`);
  if (sync) await promisify(fdatasync)(file.fd);
  return result;
}

/** Written synchronously: the bytes are in a buffer that is filled again right after. */
class HashingFile {
  readonly #descriptor: number;
  readonly #algorithm: string;
  readonly #hash: ReturnType<typeof createHash>;
  readonly #onProgress: (bytes: number) => void;
  readonly #gathered = Buffer.allocUnsafeSlow(WRITE_BYTES);
  #gatheredBytes = 0;
  #size = 0;
  #reported = 0;

  constructor(descriptor: number, algorithm: string, onProgress: (bytes: number) => void) {
    this.#descriptor = descriptor;
    this.#algorithm = algorithm;
    this.#hash = createHash(algorithm);
    this.#onProgress = onProgress;
  }

  take(bytes: Buffer): void {
    this.#size += bytes.length;
    for (let rest = bytes; rest.length > 0; ) {
      if (this.#gatheredBytes === 0 && rest.length >= WRITE_BYTES) {
        this.#put(rest);
        break;
      }
      const taken = rest.copy(this.#gathered, this.#gatheredBytes);
      this.#gatheredBytes += taken;
      if (this.#gatheredBytes === WRITE_BYTES) this.#flush();
      rest = rest.subarray(taken);
    }
    if (this.#size - this.#reported < PROGRESS_STEP) return;
    this.#reported = this.#size;
    this.#onProgress(this.#size);
  }

  finish(): DownloadResult {
    this.#flush();
    this.#onProgress(this.#size);
    return { digest: `${this.#algorithm}:${this.#hash.digest('hex')}`, size: this.#size };
  }

  #flush(): void {
    if (this.#gatheredBytes > 0) this.#put(this.#gathered.subarray(0, this.#gatheredBytes));
    this.#gatheredBytes = 0;
  }

  #put(bytes: Buffer): void {
    this.#hash.update(bytes);
    for (let rest = bytes; rest.length > 0; ) rest = rest.subarray(writeSync(this.#descriptor, rest));
  }
}
