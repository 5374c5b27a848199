/**
 * One tar header (POSIX.1-1988 ustar, GNU tar, and PAX of POSIX.1-2001 by way of {@link applyPax}).
 *
 * Names are bytes: they need not be UTF-8. They are kept as texts where they are, which nearly all are.
 */
import { ArchiveError } from '../errors.ts';

export const BLOCK = 512;

export type EntryType = 'file' | 'link' | 'symlink' | 'character' | 'block' | 'directory' | 'fifo';

/** A path as it stands in an archive: a text, or raw bytes when it isn't valid UTF-8. */
export type PathBytes = string | Buffer;

export interface TarHeader {
  name: PathBytes;
  type: EntryType;
  mode: number;
  uid: number;
  gid: number;
  /** Bytes of content. 0 for everything but files. */
  size: number;
  /** The archive holds only parts of the content; its bytes count as raw ones. */
  sparse?: boolean;
  /** Nanoseconds since 1970. */
  mtimeNs: bigint;
  atimeNs?: bigint;
  linkname: PathBytes;
  deviceMajor: number;
  deviceMinor: number;
  /** Name → value, of PAX `SCHILY.xattr.`. */
  xattrs?: Map<string, Buffer>;
}

/** A header as it stands in its block; `typeflag` is the raw character. */
export interface RawHeader extends Omit<TarHeader, 'type'> {
  typeflag: string;
}

const types: Readonly<Record<string, EntryType>> = {
  '\0': 'file',
  '0': 'file',
  '7': 'file',
  '1': 'link',
  '2': 'symlink',
  '3': 'character',
  '4': 'block',
  '5': 'directory',
  '6': 'fifo',
};

export function entryType(raw: RawHeader): EntryType {
  const type = types[raw.typeflag];
  if (!type) {
    throw new ArchiveError(
      'TAR_UNSUPPORTED',
      `unhandled tar header type ${raw.typeflag.charCodeAt(0)} of ${printable(raw.name)}`,
    );
  }
  // Before ustar a directory was a file whose name ends in a slash.
  if (type === 'file' && endsInSlash(raw.name) && (raw.typeflag === '\0' || raw.typeflag === '0')) return 'directory';
  return type;
}

function endsInSlash(name: PathBytes): boolean {
  return typeof name === 'string' ? name.endsWith('/') : name.at(-1) === 0x2f;
}

/** A name for messages. */
export function printable(name: PathBytes): string {
  return JSON.stringify((typeof name === 'string' ? name : name.toString('latin1')).slice(0, 300));
}

/** Bytes as a text if they are UTF-8, else a copy of the bytes. */
export function pathOf(bytes: Buffer): PathBytes {
  const text = bytes.toString('utf8');
  // Only invalid sequences become U+FFFD; the character itself is rare enough to compare in full.
  return text.includes('\ufffd') && !Buffer.from(text).equals(bytes) ? Buffer.from(bytes) : text;
}

function field(block: Buffer, at: number, length: number): Buffer {
  let end = at;
  while (end < at + length && block[end] !== 0) end++;
  return block.subarray(at, end);
}

/** Octal digits with blanks around, or base-256 when the first bit is set (GNU). */
function numeric(block: Buffer, at: number, length: number, what: string): number {
  const first = block[at] ?? 0;
  if (first & 0x80) {
    let value = first & 0x40 ? first | ~0xff : first & 0x7f;
    for (let i = at + 1; i < at + length; i++) value = value * 256 + (block[i] ?? 0);
    if (!Number.isSafeInteger(value)) throw new ArchiveError('TAR_INVALID', `tar header: ${what} is out of range`);
    return value;
  }
  let value = 0;
  let digits = 0;
  for (let i = at; i < at + length; i++) {
    const byte = block[i] ?? 0;
    if (byte >= 0x30 && byte <= 0x37) {
      value = value * 8 + (byte - 0x30);
      digits++;
    } else if (byte === 0 || byte === 0x20) {
      if (digits > 0) break;
    } else {
      throw new ArchiveError('TAR_INVALID', `tar header: ${what} isn't a number`);
    }
  }
  return value;
}

export function isZeroBlock(block: Buffer): boolean {
  for (let i = 0; i < BLOCK; i += 4) if (block.readUInt32LE(i) !== 0) return false;
  return true;
}

/** Parses a block that isn't all zeros. Throws when its checksum is wrong or a number makes no sense. */
export function parseHeader(block: Buffer): RawHeader {
  verifyChecksum(block);
  const typeflag = String.fromCharCode(block[156] ?? 0);
  const ustar = block.toString('latin1', 257, 263);
  let name = pathOf(field(block, 0, 100));
  if (ustar === 'ustar\0') {
    const prefix = field(block, 345, 155);
    if (prefix.length > 0) name = pathOf(Buffer.concat([prefix, Buffer.from('/'), field(block, 0, 100)]));
  }
  const device = typeflag === '3' || typeflag === '4';
  const size = numeric(block, 124, 12, 'size');
  if (size < 0) throw new ArchiveError('TAR_INVALID', `tar header: negative size of ${printable(name)}`);
  return {
    name,
    typeflag,
    mode: numeric(block, 100, 8, 'mode') & 0o7777,
    uid: numeric(block, 108, 8, 'uid'),
    gid: numeric(block, 116, 8, 'gid'),
    size,
    mtimeNs: BigInt(numeric(block, 136, 12, 'mtime')) * 1_000_000_000n,
    linkname: pathOf(field(block, 157, 100)),
    deviceMajor: device ? numeric(block, 329, 8, 'devmajor') : 0,
    deviceMinor: device ? numeric(block, 337, 8, 'devminor') : 0,
  };
}

/** Sum of all bytes with the checksum's own as blanks; old tars summed signed bytes. */
function verifyChecksum(block: Buffer): void {
  const stored = numeric(block, 148, 8, 'checksum');
  let unsigned = 256;
  for (let i = 0; i < BLOCK; i++) if (i < 148 || i >= 156) unsigned += block[i] ?? 0;
  if (stored === unsigned) return;
  let signed = 256;
  for (let i = 0; i < BLOCK; i++) if (i < 148 || i >= 156) signed += ((block[i] ?? 0) << 24) >> 24;
  if (stored !== signed)
    throw new ArchiveError('TAR_INVALID', "tar header: wrong checksum (this isn't a tar archive, or it is damaged)");
}
