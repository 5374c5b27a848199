/**
 * Finds where zstd frames end (RFC 8878, 3.1), without inflating: Node's decoder stops after the first frame without a
 * word, and zstd:chunked and pzstd blobs have thousands.
 */
import { ArchiveError } from './errors.ts';

export interface FramePiece {
  readonly data: Buffer;
  /** The frame ends with this piece. */
  readonly last: boolean;
}

type State = 'magic' | 'skippable-size' | 'skip' | 'descriptor' | 'header' | 'block-header' | 'block' | 'checksum';

const FRAME_MAGIC = 0xfd2fb528;
const BLOCK_HEADER = 3;

export class ZstdFrames {
  #state: State = 'magic';
  /** Bytes of a field that straddles chunks. */
  #field = Buffer.alloc(0);
  #skip = 0;
  #hasChecksum = false;
  #lastBlock = false;

  /** Splits a chunk into pieces of frames; skippable frames are dropped. */
  *push(chunk: Buffer): Generator<FramePiece> {
    let start = 0; // of the current frame's bytes in this chunk
    let at = 0;
    while (at < chunk.length || (this.#skip === 0 && (this.#state === 'skip' || this.#state === 'block'))) {
      if (this.#state === 'skip' || this.#state === 'block') {
        const taken = Math.min(this.#skip, chunk.length - at);
        at += taken;
        this.#skip -= taken;
        if (this.#skip > 0) break;
        if (this.#state === 'skip') {
          this.#state = 'magic';
          start = at;
          continue;
        }
        if (!this.#lastBlock) this.#state = 'block-header';
        else if (this.#hasChecksum) this.#state = 'checksum';
        else {
          yield { data: chunk.subarray(start, at), last: true };
          this.#state = 'magic';
          start = at;
        }
        continue;
      }
      const field = this.#take(chunk, at);
      at = field.at;
      if (!field.bytes) break;
      const before = this.#state;
      this.#interpret(field.bytes);
      if (before === 'magic' && this.#state === 'skippable-size') start = at;
      if (before === 'checksum') {
        yield { data: chunk.subarray(start, at), last: true };
        start = at;
      }
    }
    const inFrame = this.#state !== 'skip' && this.#state !== 'skippable-size';
    const begun = this.#state !== 'magic' || this.#field.length > 0;
    if (inFrame && begun && start < chunk.length) yield { data: chunk.subarray(start), last: false };
  }

  /** Throws unless the last frame is complete. */
  end(): void {
    if (this.#state !== 'magic' || this.#field.length > 0)
      throw new ArchiveError('COMPRESSION_INVALID', 'zstd: unexpected end of the data');
  }

  #headerLength = 0;

  #wanted(): number {
    switch (this.#state) {
      case 'magic':
      case 'skippable-size':
      case 'checksum':
        return 4;
      case 'descriptor':
        return 1;
      case 'header':
        return this.#headerLength;
      default:
        return BLOCK_HEADER;
    }
  }

  #take(chunk: Buffer, at: number): { bytes?: Buffer; at: number } {
    const missing = this.#wanted() - this.#field.length;
    const piece = chunk.subarray(at, at + missing);
    this.#field = Buffer.concat([this.#field, piece]);
    if (piece.length < missing) return { at: at + piece.length };
    const bytes = this.#field;
    this.#field = Buffer.alloc(0);
    return { bytes, at: at + piece.length };
  }

  #interpret(bytes: Buffer): void {
    switch (this.#state) {
      case 'magic': {
        const magic = bytes.readUInt32LE(0);
        if (magic === FRAME_MAGIC) this.#state = 'descriptor';
        else if ((magic & 0xfffffff0) >>> 0 === 0x184d2a50) this.#state = 'skippable-size';
        else throw new ArchiveError('COMPRESSION_INVALID', 'zstd: garbage between frames');
        return;
      }
      case 'skippable-size':
        this.#skip = bytes.readUInt32LE(0);
        this.#state = 'skip';
        return;
      case 'descriptor': {
        const descriptor = bytes[0] ?? 0;
        const singleSegment = (descriptor & 0x20) !== 0;
        const sizeFlag = descriptor >> 6;
        const dictionary = [0, 1, 2, 4][descriptor & 3] ?? 0;
        const contentSize = sizeFlag === 0 ? (singleSegment ? 1 : 0) : 1 << sizeFlag;
        this.#hasChecksum = (descriptor & 4) !== 0;
        this.#headerLength = (singleSegment ? 0 : 1) + dictionary + contentSize;
        this.#state = this.#headerLength > 0 ? 'header' : 'block-header';
        return;
      }
      case 'header':
        this.#state = 'block-header';
        return;
      case 'block-header': {
        const header = bytes.readUIntLE(0, BLOCK_HEADER);
        this.#lastBlock = (header & 1) === 1;
        const type = (header >> 1) & 3;
        if (type === 3) throw new ArchiveError('COMPRESSION_INVALID', 'zstd: reserved block type');
        // A run-length block holds one byte, whatever its size says.
        this.#skip = type === 1 ? 1 : header >> 3;
        this.#state = 'block';
        return;
      }
      case 'checksum':
        this.#state = 'magic';
        return;
    }
  }
}
