/** Hands the chunks of a stream to a worker, a few ahead of what it has taken. */

/** Chunks sent ahead of the worker. */
const WINDOW = 4;

export class ChunkFeed {
  #credit = WINDOW;
  #wake: (() => void) | undefined;
  #stopped = false;

  /** The worker has taken a chunk. */
  taken(): void {
    this.#credit++;
    this.#wake?.();
  }

  /** The worker wants no more: it has failed, or was told to stop. */
  stop(): void {
    this.#stopped = true;
    this.#wake?.();
  }

  /** Sends until the stream ends, throws, or {@link stop} is called, however slow the stream is. */
  async run(stream: AsyncIterable<Uint8Array>, send: (chunk: Uint8Array<ArrayBuffer>) => void): Promise<void> {
    const chunks = stream[Symbol.asyncIterator]();
    try {
      for (;;) {
        const next = chunks.next();
        const step = await Promise.race([next, this.#change(() => this.#stopped)]);
        if (!step || step.done) {
          // A stream that is still waiting for its source may fail later; nobody is interested any more.
          next.catch(() => undefined);
          return;
        }
        await this.#change(() => this.#credit > 0 || this.#stopped);
        if (this.#stopped) return;
        this.#credit--;
        // A chunk may be a view of memory that its maker still uses, so it is copied once and its copy handed over.
        send(new Uint8Array(step.value));
      }
    } finally {
      chunks.return?.().catch(() => undefined);
    }
  }

  async #change(condition: () => boolean): Promise<undefined> {
    while (!condition()) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}
