/**
 * Tar headers as Go's archive/tar writes them for container images: ustar, and a PAX header in front only for what ustar
 * can't say.
 */
import { cleanPath } from '../paths.ts';
import { BLOCK, type EntryType, type PathBytes, type TarHeader } from './header.ts';
import { paxRecord } from './pax.ts';

const typeflags: Readonly<Record<EntryType, string>> = {
  file: '0',
  link: '1',
  symlink: '2',
  character: '3',
  block: '4',
  directory: '5',
  fifo: '6',
};

/** An extended header of PAX. Go leaves its device numbers empty. */
const PAX_HEADER = 'x';

const MAX_OCTAL_7 = 0o7777777;
const MAX_OCTAL_11 = 0o77777777777;
const NAME = 100;
const PREFIX = 155;

/** Header blocks of an entry; its content and {@link contentPadding} follow. */
export function writeHeader(header: TarHeader): Buffer {
  const records = new Map<string, PathBytes>();
  const name = Buffer.from(header.name as string);
  const split = isAscii(name) ? splitName(name) : undefined;
  if (!split) records.set('path', header.name);
  const link = Buffer.from(header.linkname as string);
  if (link.length > NAME || !isAscii(link)) records.set('linkpath', header.linkname);
  if (header.uid > MAX_OCTAL_7) records.set('uid', `${header.uid}`);
  if (header.gid > MAX_OCTAL_7) records.set('gid', `${header.gid}`);
  if (header.size > MAX_OCTAL_11) records.set('size', `${header.size}`);
  const seconds = wholeSeconds(header.mtimeNs);
  if (seconds < 0 || seconds > MAX_OCTAL_11) records.set('mtime', `${seconds}`);
  for (const [key, value] of header.xattrs ?? []) records.set(`SCHILY.xattr.${key}`, value);
  const block = ustar(header, split ?? { name: stripped(name), prefix: Buffer.alloc(0) }, link, seconds);
  return records.size === 0 ? block : Buffer.concat([paxHeader(header.name, records), block]);
}

export function contentPadding(size: number): Buffer {
  return Buffer.alloc((BLOCK - (size % BLOCK)) % BLOCK);
}

/** The end of an archive: two blocks of zeros, without the padding to a record that tar(1) adds. */
export function archiveEnd(): Buffer {
  return Buffer.alloc(2 * BLOCK);
}

function paxHeader(name: PathBytes, records: ReadonlyMap<string, PathBytes>): Buffer {
  const sorted = [...records].sort(([a], [b]) => (a < b ? -1 : 1));
  const data = Buffer.concat(sorted.map(([key, value]) => paxRecord(key, value)));
  const text = Buffer.from(name as string).toString('latin1');
  const slash = text.lastIndexOf('/') + 1;
  // Go joins the parts as paths, so a directory's header lies in itself.
  const own = cleanPath(Buffer.from(`${text.slice(0, slash)}PaxHeaders.0/${text.slice(slash)}`, 'latin1')) as Buffer;
  const block = ustar(
    {
      name: '',
      type: 'file',
      mode: 0,
      uid: 0,
      gid: 0,
      size: data.length,
      mtimeNs: 0n,
      linkname: '',
      deviceMajor: 0,
      deviceMinor: 0,
    },
    { name: stripped(own), prefix: Buffer.alloc(0) },
    Buffer.alloc(0),
    0,
    PAX_HEADER,
  );
  return Buffer.concat([block, data, contentPadding(data.length)]);
}

/** What a reader without PAX sees of a name that doesn't fit: its ASCII part, cut. */
function stripped(name: Buffer): Buffer {
  return Buffer.from(
    name
      .toString('latin1')
      .replace(/[^\x01-\x7f]/g, '')
      .slice(0, NAME),
    'latin1',
  );
}

function ustar(
  header: TarHeader,
  { name, prefix }: { name: Buffer; prefix: Buffer },
  link: Buffer,
  seconds: number,
  typeflag = typeflags[header.type],
): Buffer {
  const block = Buffer.alloc(BLOCK);
  const octal = (value: number, at: number, length: number, max: number) => {
    const fits = value >= 0 && value <= max ? value : 0;
    block.write(fits.toString(8).padStart(length - 1, '0'), at, 'latin1');
  };
  name.copy(block, 0, 0, NAME);
  octal(header.mode & 0o7777, 100, 8, MAX_OCTAL_7);
  octal(header.uid, 108, 8, MAX_OCTAL_7);
  octal(header.gid, 116, 8, MAX_OCTAL_7);
  octal(header.size, 124, 12, MAX_OCTAL_11);
  octal(seconds, 136, 12, MAX_OCTAL_11);
  block.write(typeflag, 156, 'latin1');
  if (link.length <= NAME && isAscii(link)) link.copy(block, 157);
  else stripped(link).copy(block, 157);
  block.write('ustar\x0000', 257, 'latin1');
  if (typeflag !== PAX_HEADER) {
    octal(header.deviceMajor, 329, 8, MAX_OCTAL_7);
    octal(header.deviceMinor, 337, 8, MAX_OCTAL_7);
  }
  prefix.copy(block, 345);
  block.fill(' ', 148, 156);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return block;
}

/** A name that fits, or one cut at a slash into prefix and name; undefined when it can't be. */
function splitName(name: Buffer): { name: Buffer; prefix: Buffer } | undefined {
  if (name.length <= NAME) return { name, prefix: Buffer.alloc(0) };
  const end = name.at(-1) === 0x2f ? name.length - 1 : name.length;
  const cut = name.subarray(0, Math.min(end, PREFIX + 1)).lastIndexOf(0x2f);
  const rest = name.length - cut - 1;
  if (cut <= 0 || rest > NAME || rest === 0 || cut > PREFIX) return undefined;
  return { name: name.subarray(cut + 1), prefix: name.subarray(0, cut) };
}

function isAscii(bytes: Buffer): boolean {
  for (const byte of bytes) if (byte >= 0x80 || byte === 0) return false;
  return true;
}

function wholeSeconds(nanoseconds: bigint): number {
  const seconds = nanoseconds / 1_000_000_000n;
  return Number(nanoseconds < 0n && seconds * 1_000_000_000n !== nanoseconds ? seconds - 1n : seconds);
}
