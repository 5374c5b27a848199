/** One worker thread of the pool and the jobs it is running. */
import { Worker } from 'node:worker_threads';
import type { BlobSource } from '@lighter/spec/blob';
import { ArchiveError } from '../errors.ts';
import { ChunkFeed } from './chunk-feed.ts';
import { type FromWorker, type Job, revivedError, type ToWorker } from './messages.ts';

export interface JobOptions {
  readonly signal?: AbortSignal;
  /** Bytes of the blob so far. */
  readonly onProgress?: (bytes: number) => void;
}

interface RunningJob {
  readonly feed: ChunkFeed;
  readonly onProgress: ((bytes: number) => void) | undefined;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: Error) => void;
}

export class PoolWorker {
  readonly #worker: Worker;
  readonly #jobs = new Map<number, RunningJob>();
  #lastId = 0;
  /** Set once the thread has ended; it takes no more jobs then. */
  #ended = false;

  constructor() {
    const file = import.meta.url.endsWith('.ts') ? './extract.worker.ts' : './extract.worker.js';
    // A small nursery frees buffers soon: less memory, and caches that stay warm.
    this.#worker = new Worker(new URL(file, import.meta.url), { resourceLimits: { maxYoungGenerationSizeMb: 6 } });
    this.#worker.on('message', (message: FromWorker) => this.#receive(message));
    this.#worker.on('error', (error) => this.#end(error as Error));
    this.#worker.on('exit', () =>
      this.#end(new ArchiveError('EXTRACT_FAILED', 'an extraction worker ended unexpectedly')),
    );
    this.#worker.unref();
  }

  get jobs(): number {
    return this.#jobs.size;
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** Settles only when the worker has left the job, so that nothing is written after it. */
  async run(blob: BlobSource, job: Job, { signal, onProgress }: JobOptions): Promise<unknown> {
    const id = ++this.#lastId;
    const feed = new ChunkFeed();
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    this.#jobs.set(id, { feed, onProgress, resolve, reject });
    // An idle worker must not keep a command alive, one with jobs must.
    this.#worker.ref();
    const onAbort = () => {
      this.#say({ type: 'abort', id });
      feed.stop();
    };
    signal?.addEventListener('abort', onAbort, { once: true });
    try {
      this.#say({ type: 'start', id, job, source: blob.recipe ? { recipe: blob.recipe } : { chunks: true } });
      const [result, fed] = await Promise.allSettled([
        promise,
        blob.recipe ? undefined : this.#feed(id, feed, blob, signal),
      ]);
      // The source's own error says more than the worker's, which only missed its bytes.
      if (fed.status === 'rejected') throw fed.reason;
      if (result.status === 'rejected') throw result.reason;
      return result.value;
    } catch (error) {
      throw signal?.aborted ? signal.reason : error;
    } finally {
      signal?.removeEventListener('abort', onAbort);
      this.#jobs.delete(id);
      if (this.#jobs.size === 0) this.#worker.unref();
    }
  }

  async terminate(): Promise<void> {
    await this.#worker.terminate();
    this.#end(new ArchiveError('EXTRACT_FAILED', 'the extraction was stopped'));
  }

  async #feed(id: number, feed: ChunkFeed, blob: BlobSource, signal: AbortSignal | undefined): Promise<void> {
    try {
      await feed.run(blob.stream(signal), (data) => this.#say({ type: 'chunk', id, data }, [data.buffer]));
      this.#say({ type: 'end', id });
    } catch (error) {
      const { name, message } = error as Error;
      this.#say({ type: 'end', id, error: { name, message } });
      throw error;
    }
  }

  #say(message: ToWorker, transfer: ArrayBuffer[] = []): void {
    this.#worker.postMessage(message, transfer);
  }

  #receive(message: FromWorker): void {
    const job = this.#jobs.get(message.id);
    if (!job) return;
    switch (message.type) {
      case 'progress':
        job.onProgress?.(message.bytes);
        return;
      case 'wanted':
        job.feed.taken();
        return;
      case 'done':
        job.resolve(message.result);
        return;
      case 'failed':
        job.feed.stop();
        job.reject(revivedError(message.error));
    }
  }

  #end(error: Error): void {
    this.#ended = true;
    for (const job of this.#jobs.values()) {
      job.feed.stop();
      job.reject(error);
    }
  }
}
