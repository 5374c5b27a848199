/** Finds the header blocks in what an HTTP/2 client sends (RFC 9113, sections 3.4, 4 and 6) and repairs them. */
import { repairAuthority } from './header-block.ts';

const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'latin1');
const FRAME_HEADER = 9;
const HEADERS = 1;
const CONTINUATION = 9;
const END_HEADERS = 0x4;
const PADDED = 0x8;
const PRIORITY = 0x20;

/** Largest header block that is collected; nghttp2's own limit is smaller. */
const MAX_BLOCK = 128 * 1024;

/** What a client sent isn't HTTP/2, or no header block that anybody would take. */
export class ProtocolError extends Error {
  override readonly name = 'ProtocolError';
  readonly code = 'PROTOCOL_ERROR';
}

/**
 * Takes the bytes of a client as they come and gives them back as they go on: the same number in the same order, held back
 * only while a header block is incomplete.
 */
export class FrameFilter {
  #pending: Buffer = Buffer.alloc(0);
  #prefaced = false;
  /** Bytes of a frame's payload still to come, which pass as they are. */
  #passing = 0;

  /** Whether the client has shown that it speaks HTTP/2. */
  get prefaced(): boolean {
    return this.#prefaced;
  }

  /** Throws a {@link ProtocolError}; the connection is of no use then. */
  push(chunk: Buffer): Buffer[] {
    this.#pending = this.#pending.length === 0 ? chunk : Buffer.concat([this.#pending, chunk]);
    const ready: Buffer[] = [];
    for (let piece = this.#next(); piece; piece = this.#next()) ready.push(piece);
    return ready;
  }

  #next(): Buffer | undefined {
    if (this.#pending.length === 0) return undefined;
    if (!this.#prefaced) return this.#preface();
    if (this.#passing > 0) return this.#take(Math.min(this.#passing, this.#pending.length));
    if (this.#pending.length < FRAME_HEADER) return undefined;
    if (this.#pending[3] === HEADERS) return this.#headers();
    this.#passing = FRAME_HEADER + this.#pending.readUIntBE(0, 3);
    return this.#take(Math.min(this.#passing, this.#pending.length));
  }

  #take(length: number): Buffer {
    const piece = this.#pending.subarray(0, length);
    this.#pending = this.#pending.subarray(length);
    this.#passing = Math.max(0, this.#passing - length);
    return piece;
  }

  #preface(): Buffer | undefined {
    const length = Math.min(PREFACE.length, this.#pending.length);
    if (!this.#pending.subarray(0, length).equals(PREFACE.subarray(0, length))) throw new ProtocolError('not HTTP/2');
    if (length < PREFACE.length) return undefined;
    this.#prefaced = true;
    return this.#take(length);
  }

  /** A HEADERS frame with all its CONTINUATION frames, repaired; undefined while some of it is missing. */
  #headers(): Buffer | undefined {
    const fragments: Buffer[] = [];
    let end = 0;
    for (let last = false; !last; ) {
      if (this.#pending.length < end + FRAME_HEADER) return this.#wait(end);
      const length = this.#pending.readUIntBE(end, 3);
      const type = this.#pending[end + 3];
      const flags = this.#pending[end + 4] ?? 0;
      if (fragments.length > 0 && type !== CONTINUATION) throw new ProtocolError('header block without an end');
      const start = end + FRAME_HEADER;
      end = start + length;
      if (end > MAX_BLOCK) throw new ProtocolError('header block too large');
      if (this.#pending.length < end) return this.#wait(end);
      fragments.push(fragmentOf(this.#pending.subarray(start, end), type === HEADERS ? flags : 0));
      last = (flags & END_HEADERS) !== 0;
    }
    repairFragments(fragments);
    return this.#take(end);
  }

  #wait(needed: number): undefined {
    if (needed > MAX_BLOCK) throw new ProtocolError('header block too large');
    return undefined;
  }
}

/** The payload of a HEADERS frame without padding and priority. */
function fragmentOf(payload: Buffer, flags: number): Buffer {
  const padding = flags & PADDED ? (payload[0] ?? 0) : 0;
  const start = (flags & PADDED ? 1 : 0) + (flags & PRIORITY ? 5 : 0);
  return payload.subarray(start, Math.max(start, payload.length - padding));
}

/** The fragments are views of what goes on, so that they are changed where they are. */
function repairFragments(fragments: readonly Buffer[]): void {
  const [only] = fragments;
  if (fragments.length === 1 && only) return repairAuthority(only);
  const block = Buffer.concat(fragments);
  repairAuthority(block);
  let at = 0;
  for (const fragment of fragments) at += block.copy(fragment, 0, at);
}
