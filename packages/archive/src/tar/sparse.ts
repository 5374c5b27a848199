/**
 * Sparse files in PAX format 1.0 (GNU tar manual, "Storing Sparse Files"): the content begins with a map, decimal numbers in
 * lines of their own (how many pieces, then offset and length of each), padded to a block; the pieces follow.
 */
import { ArchiveError } from '../errors.ts';
import { BLOCK, pathOf, printable, type RawHeader } from './header.ts';
import type { PaxRecords } from './pax.ts';

/** As large as a map may be; Go's bound for such data. */
const MAX_MAP = 1024 * 1024;
/** As large as a file may become: it takes no space, but whoever reads it later has to get through it. */
const MAX_SIZE = 2 ** 40;

export interface SparseSink {
  data(bytes: Buffer): void;
  hole(length: number): void;
}

/** Length of the expanded file; undefined for files that aren't sparse. Gives the header its real name. */
export function sparseSize(header: RawHeader, records: PaxRecords): number | undefined {
  const text = (key: string) => records.get(`GNU.sparse.${key}`)?.toString();
  const names = [...records.keys()].filter((key) => key.startsWith('GNU.sparse.'));
  if (names.length === 0) return undefined;
  if (text('major') !== '1' || text('minor') !== '0') {
    throw new ArchiveError('TAR_UNSUPPORTED', `tar: sparse file ${printable(header.name)} in an old format`);
  }
  const size = text('realsize') ?? '';
  if (!/^\d{1,15}$/.test(size)) throw invalid(header);
  if (Number(size) > MAX_SIZE) {
    throw new ArchiveError(
      'LIMIT_EXCEEDED',
      `tar: sparse file ${printable(header.name)} of ${size} bytes (at most ${MAX_SIZE})`,
    );
  }
  const name = records.get('GNU.sparse.name');
  if (name) header.name = pathOf(name);
  return Number(size);
}

/** Takes what the archive holds of a sparse file, gives what the file holds. */
export class SparseExpander {
  readonly #header: RawHeader;
  readonly #size: number;
  readonly #sink: SparseSink;
  /** The map so far; then undefined. */
  #map: Buffer | undefined = Buffer.alloc(0);
  #taken = 0;
  #pieces: { readonly offset: number; readonly length: number }[] = [];
  /** Bytes still missing of the first piece. */
  #missing = 0;
  #position = 0;

  constructor(header: RawHeader, size: number, sink: SparseSink) {
    this.#header = header;
    this.#size = size;
    this.#sink = sink;
  }

  push(bytes: Buffer): void {
    let at = 0;
    while (at < bytes.length) at = this.#map ? this.#takeMap(this.#map, bytes, at) : this.#takeData(bytes, at);
  }

  end(): void {
    if (this.#map || this.#pieces.length > 0) throw invalid(this.#header);
    this.#hole(this.#size);
  }

  #takeMap(map: Buffer, bytes: Buffer, at: number): number {
    const end = Math.min(bytes.length, at + BLOCK - (map.length % BLOCK));
    const whole = Buffer.concat([map, bytes.subarray(at, end)]);
    if (whole.length > MAX_MAP) throw invalid(this.#header);
    this.#map = whole;
    if (whole.length % BLOCK === 0) this.#parse(whole);
    return end;
  }

  /** Leaves the map as it is while it isn't complete. */
  #parse(map: Buffer): void {
    const lines = map.toString('latin1').split('\n');
    const count = number(lines[0]);
    if (lines.length > 1 && !Number.isInteger(count)) throw invalid(this.#header);
    if (lines.length === 1 || lines.length - 2 < count * 2) return;
    this.#map = undefined;
    this.#taken = map.length;
    let position = 0;
    let held = 0;
    for (let index = 0; index < count; index++) {
      const offset = number(lines[1 + index * 2]);
      const length = number(lines[2 + index * 2]);
      if (!(offset >= position && offset + length <= this.#size)) throw invalid(this.#header);
      position = offset + length;
      held += length;
      if (length > 0) this.#pieces.push({ offset, length });
    }
    if (this.#taken + held !== this.#header.size) throw invalid(this.#header);
    this.#pieces.reverse();
    this.#begin();
  }

  #takeData(bytes: Buffer, at: number): number {
    const end = Math.min(bytes.length, at + this.#missing);
    if (end === at) throw invalid(this.#header);
    this.#sink.data(bytes.subarray(at, end));
    this.#position += end - at;
    this.#missing -= end - at;
    if (this.#missing === 0) {
      this.#pieces.pop();
      this.#begin();
    }
    return end;
  }

  #begin(): void {
    const next = this.#pieces.at(-1);
    if (!next) return;
    this.#hole(next.offset);
    this.#missing = next.length;
  }

  #hole(until: number): void {
    if (until > this.#position) this.#sink.hole(until - this.#position);
    this.#position = until;
  }
}

function number(line: string | undefined): number {
  return line !== undefined && /^\d{1,15}$/.test(line) ? Number(line) : Number.NaN;
}

function invalid(header: RawHeader): ArchiveError {
  return new ArchiveError('TAR_INVALID', `tar: sparse file ${printable(header.name)} with a wrong map`);
}
