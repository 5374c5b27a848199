/**
 * An archive read in place: its headers are looked at once, and each member is then a range of the file. What can't be read so,
 * a compressed archive or a pipe, is expanded into a temporary file first.
 */
import { closeSync, createReadStream, fstatSync, mkdtempSync, openSync, readSync, rmSync } from 'node:fs';
import { posix } from 'node:path';
import { detectCompression, MAGIC_BYTES } from '@lighter/archive/compression';
import { decompress } from '@lighter/archive/decompress';
import { BLOCK, isZeroBlock, parseHeader } from '@lighter/archive/tar/header';
import type { BlobSource } from '@lighter/spec/blob';
import { ImageError } from '../../errors.ts';

/** Members of one archive: an image of thousands of layers has fewer. */
const MAX_MEMBERS = 100_000;
/** Bytes of an extended header: names and times, no more. */
const MAX_EXTENDED = 1024 * 1024;

export interface Member {
  readonly offset: number;
  /** Bytes. */
  readonly size: number;
}

export interface TarFileOptions {
  /** For what has to be expanded; default `/var/tmp`. */
  readonly temporaryDirectory?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

export class TarFile implements AsyncDisposable {
  readonly path: string;
  readonly #members: ReadonlyMap<string, Member>;
  readonly #fd: number;
  readonly #remove: (() => void) | undefined;

  private constructor(
    path: string,
    fd: number,
    members: ReadonlyMap<string, Member>,
    remove: (() => void) | undefined,
  ) {
    this.path = path;
    this.#fd = fd;
    this.#members = members;
    this.#remove = remove;
  }

  static async open(path: string, options: TarFileOptions = {}): Promise<TarFile> {
    const { path: plain, remove } = await plainFile(path, options);
    let fd: number | undefined;
    try {
      fd = openSync(plain, 'r');
      return new TarFile(plain, fd, scan(fd, path), remove);
    } catch (error) {
      if (fd !== undefined) closeSync(fd);
      remove?.();
      throw error;
    }
  }

  has(name: string): boolean {
    return this.#members.has(clean(name));
  }

  member(name: string): Member {
    const member = this.#members.get(clean(name));
    if (!member) throw new ImageError('LAYOUT_INVALID', `${this.path}: the archive has no ${JSON.stringify(name)}`);
    return member;
  }

  /** The whole of a small member. */
  read(name: string, maximum: number): Buffer {
    const { offset, size } = this.member(name);
    if (size > maximum)
      throw new ImageError('LIMIT_EXCEEDED', `${this.path}: ${name} exceeds the maximum of ${maximum} bytes`);
    return readExactly(this.#fd, offset, size, this.path);
  }

  /** The first bytes of a member, at most `length`. */
  beginning(name: string, length: number): Buffer {
    const { offset, size } = this.member(name);
    return readExactly(this.#fd, offset, Math.min(size, length), this.path);
  }

  blob(name: string): BlobSource {
    const { offset, size } = this.member(name);
    const recipe = { kind: 'file' as const, path: this.path, offset, length: size };
    return {
      size,
      recipe,
      async *stream(signal) {
        const { openRecipe } = await import('@lighter/archive/recipe');
        yield* openRecipe(recipe, signal);
      },
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    closeSync(this.#fd);
    this.#remove?.();
  }
}

/** The file itself, or a temporary one with what it holds. */
async function plainFile(
  path: string,
  { temporaryDirectory = '/var/tmp', signal }: TarFileOptions,
): Promise<{ path: string; remove?: () => void }> {
  let fd: number;
  try {
    fd = openSync(path, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    throw new ImageError('IMAGE_NOT_FOUND', `archive file not found: ${JSON.stringify(path)}`, { cause: error });
  }
  let source: AsyncIterable<Buffer>;
  if (fstatSync(fd).isFile()) {
    const magic = Buffer.alloc(MAGIC_BYTES);
    const length = readSync(fd, magic, 0, MAGIC_BYTES, 0);
    closeSync(fd);
    if (detectCompression(magic.subarray(0, length)) === 'none') return { path };
    source = createReadStream(path);
  } else source = createReadStream('', { fd });
  const directory = mkdtempSync(`${temporaryDirectory}/container_images_`);
  const remove = () => rmSync(directory, { recursive: true, force: true });
  try {
    const { stream } = await decompress(source);
    const { writeFile } = await import('node:fs/promises');
    await writeFile(`${directory}/archive.tar`, stream, signal ? { signal } : {});
    return { path: `${directory}/archive.tar`, remove };
  } catch (error) {
    remove();
    throw error;
  }
}

/** Ranges of all regular members. A link within the archive is followed one step, as far as its target is a member. */
function scan(fd: number, path: string): Map<string, Member> {
  const end = fstatSync(fd).size;
  const members = new Map<string, Member>();
  const links = new Map<string, string>();
  let extended: Extended = {};
  for (let at = 0; at + BLOCK <= end; ) {
    const block = readExactly(fd, at, BLOCK, path);
    at += BLOCK;
    if (isZeroBlock(block)) break;
    const header = parseHeader(block);
    const type = header.typeflag;
    let { size } = header;
    if (type === 'x' || type === 'L' || type === 'K') {
      if (size > MAX_EXTENDED) throw tooLarge(path);
      extended = { ...extended, ...readExtended(type, readExactly(fd, at, size, path)) };
    } else if (type !== 'g') {
      const name = clean(extended.name ?? header.name.toString());
      const link = extended.link ?? header.linkname.toString();
      size = extended.size ?? size;
      extended = {};
      // The first of a name counts, as in a search from the beginning.
      if ((type === '0' || type === '\0') && !members.has(name)) members.set(name, { offset: at, size });
      if (type === '1') links.set(name, clean(link));
      if (type === '2') links.set(name, clean(posix.join(posix.dirname(name), link)));
    }
    if (members.size + links.size > MAX_MEMBERS) throw tooLarge(path);
    at += Math.ceil(size / BLOCK) * BLOCK;
    if (at > end) throw new ImageError('LAYOUT_INVALID', `${path}: the archive ends within a member`);
  }
  for (const [name, target] of links) {
    const member = members.get(target);
    if (member && !members.has(name)) members.set(name, member);
  }
  return members;
}

/** What headers before a member say of it, as its own has no room (pax(1), "pax Extended Header"; GNU's L and K). */
interface Extended {
  readonly name?: string;
  readonly link?: string;
  readonly size?: number;
}

function readExtended(type: string, data: Buffer): Extended {
  if (type !== 'x') {
    const text = data.toString().replace(/\0.*$/s, '');
    return type === 'L' ? { name: text } : { link: text };
  }
  let found: Extended = {};
  for (let at = 0; at < data.length; ) {
    const blank = data.indexOf(0x20, at);
    const length = Number(data.toString('latin1', at, blank));
    if (blank < 0 || !(length > 0)) break;
    const record = data.toString('utf8', blank + 1, at + length - 1);
    const equals = record.indexOf('=');
    const value = record.slice(equals + 1);
    const key = record.slice(0, equals);
    if (key === 'path') found = { ...found, name: value };
    else if (key === 'linkpath') found = { ...found, link: value };
    else if (key === 'size' && /^\d{1,15}$/.test(value)) found = { ...found, size: Number(value) };
    at += length;
  }
  return found;
}

function clean(name: string): string {
  return posix.normalize(`/${name}`).replace(/\/$/, '').slice(1);
}

function readExactly(fd: number, offset: number, length: number, path: string): Buffer {
  const data = Buffer.alloc(length);
  for (let done = 0; done < length; ) {
    const count = readSync(fd, data, done, length - done, offset + done);
    if (count === 0) throw new ImageError('LAYOUT_INVALID', `${path}: the archive ends too early`);
    done += count;
  }
  return data;
}

function tooLarge(path: string): ImageError {
  return new ImageError(
    'LIMIT_EXCEEDED',
    `${path}: the archive has more members, or larger headers, than an image needs`,
  );
}
