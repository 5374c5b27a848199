/** PAX extended header records: `LENGTH KEY=VALUE\n` (POSIX.1-2001 pax, "extended header"). */
import { ArchiveError } from '../errors.ts';
import { type PathBytes, pathOf, type RawHeader } from './header.ts';

/** Values by key, as bytes: names and xattrs may hold anything. An empty value removes the key. */
export type PaxRecords = Map<string, Buffer>;

export function parsePax(data: Buffer): PaxRecords {
  const records: PaxRecords = new Map();
  let at = 0;
  while (at < data.length) {
    const space = data.indexOf(0x20, at);
    const length = space < 0 || space - at > 10 ? Number.NaN : Number(data.toString('latin1', at, space));
    const end = at + length;
    if (!Number.isInteger(length) || length < 5 || end > data.length || data[end - 1] !== 0x0a) throw invalid();
    const equals = data.indexOf(0x3d, space);
    if (equals < 0 || equals >= end) throw invalid();
    const key = data.toString('utf8', space + 1, equals);
    const value = data.subarray(equals + 1, end - 1);
    // A NUL would cut a name short and name another file.
    if (['path', 'linkpath'].includes(key) && value.includes(0)) throw invalid();
    if (value.length === 0) records.delete(key);
    else records.set(key, Buffer.from(value));
    at = end;
  }
  return records;
}

function invalid(): ArchiveError {
  return new ArchiveError('TAR_INVALID', 'tar: malformed PAX extended header');
}

const XATTR = 'SCHILY.xattr.';

/** Puts what the records say over what the header block says. */
export function applyPax(header: RawHeader, records: PaxRecords): void {
  for (const [key, value] of records) {
    if (key === 'path') header.name = pathOf(value);
    else if (key === 'linkpath') header.linkname = pathOf(value);
    else if (key === 'size') header.size = integer(value, key);
    else if (key === 'uid') header.uid = integer(value, key);
    else if (key === 'gid') header.gid = integer(value, key);
    else if (key === 'mtime') header.mtimeNs = time(value, key);
    else if (key === 'atime') header.atimeNs = time(value, key);
    else if (key.startsWith(XATTR)) {
      header.xattrs ??= new Map();
      header.xattrs.set(key.slice(XATTR.length), value);
    }
  }
}

function integer(value: Buffer, key: string): number {
  const text = value.toString('latin1');
  const number = Number(text);
  if (!/^-?\d{1,16}$/.test(text) || !Number.isSafeInteger(number) || (key === 'size' && number < 0)) {
    throw new ArchiveError('TAR_INVALID', `tar: PAX ${key} isn't a number`);
  }
  return number;
}

/** `seconds[.fraction]`, to the nanosecond; more digits are cut. */
function time(value: Buffer, key: string): bigint {
  const match = /^(-?)(\d{1,12})(?:\.(\d*))?$/.exec(value.toString('latin1'));
  if (!match) throw new ArchiveError('TAR_INVALID', `tar: PAX ${key} isn't a time`);
  const [, sign, seconds, fraction = ''] = match;
  const nanoseconds = BigInt(seconds ?? 0) * 1_000_000_000n + BigInt(fraction.slice(0, 9).padEnd(9, '0'));
  return sign ? -nanoseconds : nanoseconds;
}

/** One record with its own length in front. */
export function paxRecord(key: string, value: PathBytes): Buffer {
  const body = Buffer.concat([Buffer.from(` ${key}=`), Buffer.from(value as string), Buffer.from('\n')]);
  let length = body.length;
  while (length !== body.length + String(length).length) length = body.length + String(length).length;
  return Buffer.concat([Buffer.from(String(length)), body]);
}
