/** A worker of the pool: runs several jobs at once, each waiting for its own bytes. */
import { parentPort } from 'node:worker_threads';
import { openRecipe, pumpRecipe } from '../recipe.ts';
import { download, type Pump } from './download.ts';
import { type FromWorker, type JobSource, plainError, type ToWorker } from './messages.ts';

interface Running {
  readonly abort: AbortController;
  readonly chunks: ChunkQueue;
}

const running = new Map<number, Running>();
const say = (message: FromWorker) => parentPort?.postMessage(message);

/** Chunks sent by the main thread, taken one at a time. */
class ChunkQueue {
  readonly #items: (Buffer | Error | undefined)[] = [];
  #wake: (() => void) | undefined;

  put(item: Buffer | Error | undefined): void {
    this.#items.push(item);
    this.#wake?.();
  }

  async *read(id: number): AsyncGenerator<Buffer> {
    for (;;) {
      while (this.#items.length === 0) {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
      const item = this.#items.shift();
      if (item === undefined) return;
      if (item instanceof Error) throw item;
      say({ type: 'wanted', id });
      yield item;
    }
  }
}

parentPort?.on('message', (message: ToWorker) => {
  if (message.type === 'start') void run(message);
  else if (message.type === 'chunk')
    running
      .get(message.id)
      ?.chunks.put(Buffer.from(message.data.buffer, message.data.byteOffset, message.data.byteLength));
  else if (message.type === 'end')
    running
      .get(message.id)
      ?.chunks.put(message.error ? Object.assign(new Error(message.error.message), message.error) : undefined);
  else {
    const job = running.get(message.id);
    job?.abort.abort(new Error('aborted'));
    job?.chunks.put(new Error('aborted'));
  }
});

async function run({ id, job, source }: Extract<ToWorker, { type: 'start' }>): Promise<void> {
  const abort = new AbortController();
  const chunks = new ChunkQueue();
  running.set(id, { abort, chunks });
  const progress = (bytes: number) => say({ type: 'progress', id, bytes });
  try {
    const result =
      job.kind === 'stage'
        ? await (await import('./stage.ts')).stage(
            job.request,
            open(source, id, chunks, abort.signal),
            progress,
            abort.signal,
          )
        : await download(job.request, pump(source, id, chunks, abort.signal), progress);
    say({ type: 'done', id, result });
  } catch (error) {
    say({ type: 'failed', id, error: plainError(error) });
  } finally {
    running.delete(id);
  }
}

function open(source: JobSource, id: number, chunks: ChunkQueue, signal: AbortSignal): AsyncIterable<Buffer> {
  return 'recipe' in source ? openRecipe(source.recipe, signal) : chunks.read(id);
}

function pump(source: JobSource, id: number, chunks: ChunkQueue, signal: AbortSignal): Pump {
  return async (take) => {
    if ('recipe' in source) return pumpRecipe(source.recipe, take, signal);
    for await (const chunk of chunks.read(id)) {
      signal.throwIfAborted();
      take(chunk);
    }
  };
}
