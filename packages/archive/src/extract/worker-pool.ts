/**
 * Workers that extract and download, off the main thread. Bytes don't cross threads where a blob has a recipe; otherwise a
 * few chunks are on their way at once, handed over without a copy.
 */
import { availableParallelism } from 'node:os';
import type { BlobSource } from '@lighter/spec/blob';
import type { DownloadRequest, DownloadResult } from './download.ts';
import type { Job } from './messages.ts';
import { type JobOptions, PoolWorker } from './pool-worker.ts';
import type { StageRequest, StageResult } from './stage.ts';

export type { JobOptions } from './pool-worker.ts';

/** Half the cores: each worker's inflating runs in the pool of libuv beside it. */
const SIZE = Math.max(1, availableParallelism() >> 1);

/** Jobs that a worker runs at once: enough to keep inflating beside file work, few enough to bound memory. */
const JOBS_PER_WORKER = 3;

/** Its threads start with the first job and don't keep a process alive that has none. */
export class WorkerPool implements AsyncDisposable {
  #workers: PoolWorker[] = [];
  /** Jobs waiting for a place, first come first served. */
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  /**
   * Extracts a layer into a folder (see {@link StageRequest}). A failed or aborted job leaves what it wrote, and writes nothing
   * more once this has settled. Throws the signal's reason, ArchiveError, or the system's error of the file it was at.
   */
  stage(blob: BlobSource, request: StageRequest, options: JobOptions = {}): Promise<StageResult> {
    return this.#run(blob, { kind: 'stage', request }, options) as Promise<StageResult>;
  }

  /** Writes a blob into a file, hashing it. Fails as {@link stage} does. */
  download(blob: BlobSource, request: DownloadRequest, options: JobOptions = {}): Promise<DownloadResult> {
    return this.#run(blob, { kind: 'download', request }, options) as Promise<DownloadResult>;
  }

  /** Starts a thread before there is work, so that it is ready when the first bytes are. */
  warm(): void {
    if (this.#workers.length === 0) this.#workers.push(new PoolWorker());
  }

  async #run(blob: BlobSource, job: Job, options: JobOptions): Promise<unknown> {
    await this.#place(options.signal);
    try {
      return await this.#worker().run(blob, job, options);
    } finally {
      // The place goes to the next in line, or becomes free.
      const next = this.#waiting.shift();
      if (next) next();
      else this.#running--;
    }
  }

  /** Waits until a job may run; an abort ends the wait. */
  async #place(signal: AbortSignal | undefined): Promise<void> {
    signal?.throwIfAborted();
    if (this.#running < SIZE * JOBS_PER_WORKER) {
      this.#running++;
      return;
    }
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const onAbort = () => {
      this.#waiting.splice(this.#waiting.indexOf(resolve), 1);
      reject(signal?.reason);
    };
    this.#waiting.push(resolve);
    signal?.addEventListener('abort', onAbort, { once: true });
    try {
      await promise;
    } finally {
      signal?.removeEventListener('abort', onAbort);
    }
  }

  #worker(): PoolWorker {
    this.#workers = this.#workers.filter((worker) => !worker.ended);
    const leastBusy = this.#workers.toSorted((a, b) => a.jobs - b.jobs)[0];
    if (leastBusy && (leastBusy.jobs === 0 || this.#workers.length >= SIZE)) return leastBusy;
    const worker = new PoolWorker();
    this.#workers.push(worker);
    return worker;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#workers.splice(0).map((worker) => worker.terminate()));
  }
}
