/**
 * Workers that extract and download, off the main thread. Bytes don't cross threads where a blob has a recipe; otherwise a
 * few chunks are on their way at once, handed over without a copy.
 */
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { BlobSource } from '@lighter/spec/blob';
import { ArchiveError, type ArchiveErrorCode } from '../errors.ts';
import type { DownloadRequest, DownloadResult } from './download.ts';
import type { FromWorker, Job, PlainError, ToWorker } from './messages.ts';
import type { StageRequest, StageResult } from './stage.ts';

export interface JobOptions {
  readonly signal?: AbortSignal;
  /** Bytes of the blob so far. */
  readonly onProgress?: (bytes: number) => void;
}

interface Slot {
  readonly worker: Worker;
  jobs: number;
}

/** Chunks sent ahead of the worker. */
const WINDOW = 4;

/** Jobs that a worker runs at once: enough to keep inflating beside file work, few enough to bound memory. */
const JOBS_PER_WORKER = 3;

interface Pending {
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: Error) => void;
  readonly onProgress: ((bytes: number) => void) | undefined;
  wanted(): void;
}

/** Half the cores: each worker's inflating runs in the pool of libuv beside it. */
const SIZE = Math.max(1, availableParallelism() >> 1);

export class WorkerPool implements AsyncDisposable {
  readonly #workers: Slot[] = [];
  readonly #pending = new Map<number, Pending>();
  /** Jobs waiting for a place, first come first served. */
  readonly #waiting: (() => void)[] = [];
  #running = 0;
  #lastId = 0;

  /** Extracts a layer into a folder (see {@link StageRequest}). A failed or aborted job leaves what it wrote. */
  stage(blob: BlobSource, request: StageRequest, options: JobOptions = {}): Promise<StageResult> {
    return this.#run(blob, { kind: 'stage', request }, options) as Promise<StageResult>;
  }

  /** Writes a blob into a file, hashing it. */
  download(blob: BlobSource, request: DownloadRequest, options: JobOptions = {}): Promise<DownloadResult> {
    return this.#run(blob, { kind: 'download', request }, options) as Promise<DownloadResult>;
  }

  async #run(blob: BlobSource, job: Job, options: JobOptions): Promise<unknown> {
    if (this.#running >= SIZE * JOBS_PER_WORKER) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.#running++;
    try {
      options.signal?.throwIfAborted();
      return await this.#runNow(blob, job, options);
    } finally {
      this.#running--;
      this.#waiting.shift()?.();
    }
  }

  async #runNow(blob: BlobSource, job: Job, { signal, onProgress }: JobOptions): Promise<unknown> {
    const id = ++this.#lastId;
    const slot = this.#slot();
    const say = (message: ToWorker, transfer: ArrayBuffer[] = []) => slot.worker.postMessage(message, transfer);
    const onAbort = () => say({ type: 'abort', id });
    let credit = WINDOW;
    let wake: (() => void) | undefined;
    slot.jobs++;
    slot.worker.ref();
    signal?.addEventListener('abort', onAbort, { once: true });
    try {
      const result = new Promise<unknown>((resolve, reject) => {
        this.#pending.set(id, {
          resolve,
          reject,
          onProgress,
          wanted() {
            credit++;
            wake?.();
          },
        });
      });
      say({ type: 'start', id, job, source: blob.recipe ? { recipe: blob.recipe } : { chunks: true } });
      if (!blob.recipe) {
        const takeCredit = async () => {
          while (credit === 0 && this.#pending.has(id)) {
            await new Promise<void>((resolve) => {
              wake = resolve;
            });
          }
          credit--;
        };
        result.catch(() => wake?.());
        await this.#feed(id, blob.stream(signal), say, takeCredit);
      }
      return await result;
    } catch (error) {
      throw signal?.aborted ? signal.reason : error;
    } finally {
      this.#pending.delete(id);
      signal?.removeEventListener('abort', onAbort);
      // An idle worker must not keep a command alive.
      if (--slot.jobs === 0) slot.worker.unref();
    }
  }

  async #feed(
    id: number,
    stream: AsyncIterable<Uint8Array>,
    say: (message: ToWorker, transfer?: ArrayBuffer[]) => void,
    takeCredit: () => Promise<void>,
  ): Promise<void> {
    try {
      for await (const chunk of stream) {
        await takeCredit();
        if (!this.#pending.has(id)) return;
        // A chunk may be a view of memory that its maker still uses, so it is copied once and its copy handed over.
        const copy = new Uint8Array(chunk);
        say({ type: 'chunk', id, data: copy }, [copy.buffer]);
      }
      say({ type: 'end', id });
    } catch (error) {
      const { name, message } = error as Error;
      say({ type: 'end', id, error: { name, message } });
      throw error;
    }
  }

  #slot(): Slot {
    const idle = this.#workers.toSorted((a, b) => a.jobs - b.jobs)[0];
    if (idle && (idle.jobs === 0 || this.#workers.length >= SIZE)) return idle;
    const source = import.meta.url.endsWith('.ts');
    const worker = new Worker(new URL(source ? './extract.worker.ts' : './extract.worker.js', import.meta.url), {
      stdout: false,
      stderr: false,
    });
    const slot: Slot = { worker, jobs: 0 };
    worker.on('message', (message: FromWorker) => this.#receive(message));
    worker.on('error', (error) => this.#fail(slot, error as Error));
    worker.on('exit', () =>
      this.#fail(slot, new ArchiveError('EXTRACT_FAILED', 'an extraction worker ended unexpectedly')),
    );
    this.#workers.push(slot);
    return slot;
  }

  #receive(message: FromWorker): void {
    const job = this.#pending.get(message.id);
    if (!job) return;
    if (message.type === 'progress') job.onProgress?.(message.bytes);
    else if (message.type === 'wanted') job.wanted();
    else {
      this.#pending.delete(message.id);
      if (message.type === 'done') job.resolve(message.result);
      else job.reject(revived(message.error));
      job.wanted();
    }
  }

  #fail(slot: Slot, error: Error): void {
    const index = this.#workers.indexOf(slot);
    if (index < 0) return;
    this.#workers.splice(index, 1);
    for (const job of this.#pending.values()) {
      job.reject(error);
      job.wanted();
    }
    this.#pending.clear();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const workers = this.#workers.splice(0);
    await Promise.all(workers.map(({ worker }) => worker.terminate()));
  }
}

function revived(error: PlainError): Error {
  if (error.name === 'ArchiveError') {
    return new ArchiveError(
      error.code as ArchiveErrorCode,
      error.message,
      error.status === undefined ? {} : { status: error.status },
    );
  }
  return Object.assign(
    new Error(error.message),
    { name: error.name },
    error.code ? { code: error.code } : {},
    error.path ? { path: error.path } : {},
  );
}
