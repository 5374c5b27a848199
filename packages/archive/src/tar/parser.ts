/**
 * A streaming tar parser that is pushed chunks and calls back synchronously: no promise per entry, no copy of content.
 *
 * Every byte of the archive reaches exactly one of {@link TarHandler.raw} (headers, extension headers with their
 * payload, padding, everything behind the end) and {@link TarHandler.content}, in order: what tar-split records. Only what an
 * archive holds of a sparse file is raw and also given expanded as content and holes.
 */
import { ArchiveError } from '../errors.ts';
import {
  BLOCK,
  entryType,
  isZeroBlock,
  type PathBytes,
  parseHeader,
  pathOf,
  printable,
  type RawHeader,
  type TarHeader,
} from './header.ts';
import { applyPax, type PaxRecords, parsePax } from './pax.ts';
import { SparseExpander, sparseSize } from './sparse.ts';

export interface TarHandler {
  raw(bytes: Buffer): void;
  entry(header: TarHeader): void;
  /** A piece of the last entry's content. `complete`: it is all of it, in one piece. */
  content(bytes: Buffer, complete: boolean): void;
  /** So many zero bytes of a sparse file. */
  hole(length: number): void;
  /** The last entry's content has ended; also called for entries without content. */
  entryEnd(): void;
}

export interface TarLimits {
  /** Bytes of one PAX header or long name. */
  readonly maxExtension: number;
  readonly maxEntries: number;
}

export const defaultTarLimits: TarLimits = { maxExtension: 1024 * 1024, maxEntries: 10_000_000 };

type State = 'header' | 'extension' | 'content' | 'padding' | 'trailer';

export class TarParser {
  readonly #handler: TarHandler;
  readonly #limits: TarLimits;
  #state: State = 'header';
  /** An incomplete block, or an incomplete extension payload. */
  #pending: Buffer[] = [];
  #pendingLength = 0;
  #wanted = BLOCK;
  #extensionType = '';
  #extensionPadding = 0;
  #remaining = 0;
  #padding = 0;
  #size = 0;
  #zeroBlocks = 0;
  #entries = 0;
  #longName: PathBytes | undefined;
  #longLink: PathBytes | undefined;
  #pax: PaxRecords | undefined;
  /** Set while the content is a sparse file's. */
  #sparse: SparseExpander | undefined;

  constructor(handler: TarHandler, limits: TarLimits = defaultTarLimits) {
    this.#handler = handler;
    this.#limits = limits;
  }

  push(chunk: Buffer): void {
    let at = 0;
    while (at < chunk.length) {
      if (this.#state === 'content') at = this.#takeContent(chunk, at);
      else if (this.#state === 'padding') at = this.#takePadding(chunk, at);
      else if (this.#state === 'trailer') {
        this.#handler.raw(chunk.subarray(at));
        return;
      } else at = this.#gather(chunk, at);
    }
  }

  /** The archive must have ended between entries; a missing end marker is tolerated, as by Go. */
  end(): void {
    const midway = this.#state === 'content' || this.#state === 'extension' || this.#state === 'padding';
    if (midway || this.#pendingLength > 0) throw new ArchiveError('TAR_INVALID', 'tar: unexpected end of the archive');
    if (this.#pax || this.#longName !== undefined || this.#longLink !== undefined) {
      throw new ArchiveError('TAR_INVALID', 'tar: the archive ends after an extension header');
    }
  }

  #takeContent(chunk: Buffer, at: number): number {
    const end = Math.min(chunk.length, at + this.#remaining);
    const length = end - at;
    const piece = at === 0 && end === chunk.length ? chunk : chunk.subarray(at, end);
    if (this.#sparse) {
      this.#handler.raw(piece);
      this.#sparse.push(piece);
    } else this.#handler.content(piece, length === this.#size);
    this.#remaining -= length;
    if (this.#remaining === 0) {
      this.#sparse?.end();
      this.#sparse = undefined;
      this.#handler.entryEnd();
      this.#state = this.#padding > 0 ? 'padding' : 'header';
    }
    return end;
  }

  #takePadding(chunk: Buffer, at: number): number {
    const end = Math.min(chunk.length, at + this.#padding);
    this.#handler.raw(chunk.subarray(at, end));
    this.#padding -= end - at;
    if (this.#padding === 0) this.#state = 'header';
    return end;
  }

  /** Collects a header block or an extension's payload; most blocks lie in one chunk and aren't copied. */
  #gather(chunk: Buffer, at: number): number {
    const end = Math.min(chunk.length, at + this.#wanted - this.#pendingLength);
    const piece = chunk.subarray(at, end);
    this.#handler.raw(piece);
    if (this.#pendingLength + piece.length < this.#wanted) {
      this.#pending.push(Buffer.from(piece));
      this.#pendingLength += piece.length;
      return end;
    }
    const whole = this.#pendingLength === 0 ? piece : Buffer.concat([...this.#pending, piece]);
    this.#pending = [];
    this.#pendingLength = 0;
    if (this.#state === 'extension') this.#extension(whole);
    else this.#header(whole);
    return end;
  }

  #header(block: Buffer): void {
    if (isZeroBlock(block)) {
      if (++this.#zeroBlocks === 2) this.#state = 'trailer';
      return;
    }
    if (this.#zeroBlocks > 0) throw new ArchiveError('TAR_INVALID', 'tar: data after a lone zero block');
    const raw = parseHeader(block);
    if ('LKxg'.includes(raw.typeflag)) return this.#startExtension(raw);
    this.#startEntry(raw);
  }

  #startExtension(raw: RawHeader): void {
    if (raw.size > this.#limits.maxExtension) {
      throw new ArchiveError(
        'LIMIT_EXCEEDED',
        `tar: an extension header of ${raw.size} bytes (at most ${this.#limits.maxExtension})`,
      );
    }
    this.#extensionType = raw.typeflag;
    this.#extensionPadding = paddingOf(raw.size);
    this.#wanted = raw.size + this.#extensionPadding;
    this.#extensionSize = raw.size;
    this.#state = 'extension';
    if (this.#wanted === 0) this.#extension(Buffer.alloc(0));
  }

  #extensionSize = 0;

  #extension(whole: Buffer): void {
    const data = whole.subarray(0, this.#extensionSize);
    this.#wanted = BLOCK;
    this.#state = 'header';
    if (this.#extensionType === 'x') this.#pax = parsePax(data);
    else if (this.#extensionType === 'g')
      parsePax(data); // global headers have no effect on files, as in Go
    else {
      const nul = data.indexOf(0);
      const name = pathOf(nul < 0 ? data : data.subarray(0, nul));
      if (this.#extensionType === 'L') this.#longName = name;
      else this.#longLink = name;
    }
  }

  #startEntry(raw: RawHeader): void {
    if (++this.#entries > this.#limits.maxEntries) {
      throw new ArchiveError('LIMIT_EXCEEDED', `tar: more than ${this.#limits.maxEntries} entries`);
    }
    if (this.#longName !== undefined) raw.name = this.#longName;
    if (this.#longLink !== undefined) raw.linkname = this.#longLink;
    if (this.#pax) applyPax(raw, this.#pax);
    const expanded = this.#pax ? sparseSize(raw, this.#pax) : undefined;
    this.#longName = this.#longLink = this.#pax = undefined;
    const type = entryType(raw);
    if (raw.name.length === 0) throw new ArchiveError('TAR_INVALID', 'tar: an entry without a name');
    // Links and the like may carry a size in their header, but no content follows (as Go reads them).
    const size = type === 'file' ? raw.size : 0;
    if (type === 'directory' && raw.size > 0)
      throw new ArchiveError('TAR_INVALID', `tar: directory ${printable(raw.name)} with content`);
    const { typeflag: _typeflag, ...rest } = raw;
    this.#size = this.#remaining = size;
    this.#padding = paddingOf(size);
    this.#state = size > 0 ? 'content' : 'header';
    if (expanded === undefined) this.#handler.entry({ ...rest, type, size });
    else {
      if (type !== 'file' || size === 0)
        throw new ArchiveError('TAR_INVALID', `tar: sparse file ${printable(raw.name)} without a map`);
      this.#sparse = new SparseExpander(raw, expanded, {
        data: (bytes) => this.#handler.content(bytes, false),
        hole: (length) => this.#handler.hole(length),
      });
      this.#handler.entry({ ...rest, type, size: expanded, sparse: true });
    }
    if (size === 0) this.#handler.entryEnd();
  }
}

function paddingOf(size: number): number {
  return (BLOCK - (size % BLOCK)) % BLOCK;
}
