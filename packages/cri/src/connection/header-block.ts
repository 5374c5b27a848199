/** Makes the `:authority` of a compressed header block valid, in place (HPACK, RFC 7541). */

/** Index of `:authority` in the static table (appendix A). */
const AUTHORITY = 1;
const AUTHORITY_NAME = ':authority';

const SLASH = 0x2f;
const DOT = 0x2e;
/** The codes of `/` and `.` in appendix B, both of six bits. */
const CODE_BITS = 6;
const SLASH_CODE = 0b011000;
const DOT_CODE = 0b010111;

/** How many symbols of appendix B have codes of 5, 6, … 30 bits; the code is canonical, so that this tells all lengths. */
const SYMBOLS_BY_LENGTH = [10, 26, 32, 6, 0, 5, 3, 2, 6, 2, 3, 0, 0, 0, 3, 8, 13, 26, 29, 12, 4, 15, 19, 29, 0, 4];
const SHORTEST = 5;

/**
 * Puts `.` for every `/` in each value of `:authority`. A block that is damaged is left as it is from there on: the HTTP/2
 * session refuses it.
 */
export function repairAuthority(block: Buffer): void {
  const reader = new Reader(block);
  while (!reader.atEnd) {
    const first = reader.peek();
    if (first & 0x80) {
      reader.integer(7); // indexed field: nothing to repair
    } else if ((first & 0xe0) === 0x20) {
      reader.integer(5); // size of the dynamic table
    } else {
      // Literal with incremental indexing, without, or never indexed (section 6.2).
      const index = reader.integer(first & 0x40 ? 6 : 4);
      const name = index === 0 ? reader.text() : undefined;
      const value = reader.text();
      if (!value) return;
      if (index === AUTHORITY || (name && isAuthorityName(block, name))) repairText(block, value);
    }
    if (reader.damaged) return;
  }
}

/** A string literal (section 5.2): where its bytes are, and whether they are in the code of appendix B. */
interface Text {
  readonly start: number;
  readonly end: number;
  readonly coded: boolean;
}

class Reader {
  readonly #block: Buffer;
  #at = 0;
  damaged = false;

  constructor(block: Buffer) {
    this.#block = block;
  }

  get atEnd(): boolean {
    return this.#at >= this.#block.length;
  }

  peek(): number {
    return this.#block[this.#at] ?? 0;
  }

  /** Section 5.1. */
  integer(prefixBits: number): number {
    const mask = (1 << prefixBits) - 1;
    let value = this.peek() & mask;
    this.#at++;
    if (value < mask) return value;
    for (let shift = 0; shift < 28; shift += 7) {
      const byte = this.#block[this.#at++];
      if (byte === undefined) break;
      value += (byte & 0x7f) << shift;
      if (!(byte & 0x80)) return value;
    }
    this.damaged = true;
    return 0;
  }

  text(): Text | undefined {
    const coded = (this.peek() & 0x80) !== 0;
    const length = this.integer(7);
    const start = this.#at;
    this.#at += length;
    if (this.damaged || this.#at > this.#block.length) {
      this.damaged = true;
      return undefined;
    }
    return { start, end: this.#at, coded };
  }
}

function isAuthorityName(block: Buffer, { start, end, coded }: Text): boolean {
  // No client spells out a name of the static table in code; should one do so, its request is refused as before.
  return !coded && block.toString('latin1', start, end) === AUTHORITY_NAME;
}

function repairText(block: Buffer, { start, end, coded }: Text): void {
  if (coded) return repairCode(block, start * 8, end * 8);
  for (let at = start; at < end; at++) if (block[at] === SLASH) block[at] = DOT;
}

/** Walks the symbols between two bits. */
function repairCode(block: Buffer, start: number, end: number): void {
  for (let at = start; at < end; ) {
    const length = codeLength(block, at, end);
    if (length === 0) return; // padding, or no symbol at all
    if (length === CODE_BITS && readBits(block, at, CODE_BITS) === SLASH_CODE)
      writeBits(block, at, CODE_BITS, DOT_CODE);
    at += length;
  }
}

/** Bits of the symbol that begins here; 0 when there is none. */
function codeLength(block: Buffer, at: number, end: number): number {
  let code = readBits(block, at, SHORTEST - 1);
  let first = 0;
  for (const [index, count] of SYMBOLS_BY_LENGTH.entries()) {
    const length = SHORTEST + index;
    if (at + length > end) return 0;
    code = (code << 1) | bit(block, at + length - 1);
    first <<= 1;
    if (code - first < count) return length;
    first += count;
  }
  return 0;
}

function bit(block: Buffer, at: number): number {
  return ((block[at >> 3] ?? 0) >> (7 - (at & 7))) & 1;
}

function readBits(block: Buffer, at: number, count: number): number {
  let value = 0;
  for (let offset = 0; offset < count; offset++) value = (value << 1) | bit(block, at + offset);
  return value;
}

function writeBits(block: Buffer, at: number, count: number, value: number): void {
  for (let offset = 0; offset < count; offset++) {
    const position = at + offset;
    const mask = 0x80 >> (position & 7);
    const byte = block[position >> 3] ?? 0;
    block[position >> 3] = (value >> (count - 1 - offset)) & 1 ? byte | mask : byte & ~mask;
  }
}
