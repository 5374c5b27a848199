/** The stream between a client's socket and the HTTP/2 session: what the client sends goes through a {@link FrameFilter}. */
import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { FrameFilter } from './frame-filter.ts';

/** Milliseconds that a client may take to say that it speaks HTTP/2. */
const PREFACE_TIMEOUT = 10_000;

export class ConnectionFilter extends Duplex {
  readonly #socket: Socket;
  readonly #frames = new FrameFilter();

  constructor(socket: Socket) {
    super({ allowHalfOpen: true });
    this.#socket = socket;
    socket.setTimeout(PREFACE_TIMEOUT, () => this.destroy());
    socket.on('data', (chunk: Buffer) => this.#receive(chunk));
    socket.on('end', () => this.push(null));
    socket.on('error', (error) => this.destroy(error));
    socket.on('close', () => this.destroy());
  }

  #receive(chunk: Buffer): void {
    try {
      for (const piece of this.#frames.push(chunk)) if (!this.push(piece)) this.#socket.pause();
      if (this.#frames.prefaced) this.#socket.setTimeout(0);
    } catch (error) {
      this.destroy(error as Error);
    }
  }

  override _read(): void {
    this.#socket.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#socket.write(chunk, done);
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#socket.end(() => done());
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#socket.destroy();
    done(error);
  }
}
