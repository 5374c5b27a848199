/**
 * An archive written from its beginning to its end. It grows in a temporary file, so that nothing half there is ever seen, and
 * a member's header is written when its content has told its size.
 */
import { createHash } from 'node:crypto';
import {
  closeSync,
  createReadStream,
  createWriteStream,
  existsSync,
  fsyncSync,
  mkdtempSync,
  openSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { BLOCK, type EntryType } from '@lighter/archive/tar/header';
import { archiveEnd, contentPadding, writeHeader } from '@lighter/archive/tar/writer';
import { type Digest, sha256Digest } from '@lighter/spec/digest';

/** Bytes that are written at once. */
const CHUNK = 256 * 1024;

export interface TarFileWriterOptions {
  readonly mode: number;
  /** Where a pipe's archive grows; default `/var/tmp`. */
  readonly temporaryDirectory?: string | undefined;
}

export class TarFileWriter implements Disposable {
  readonly #target: string;
  readonly #mode: number;
  readonly #directory: string;
  readonly #path: string;
  readonly #fd: number;
  #at = 0;
  #open = true;

  constructor(target: string, { mode, temporaryDirectory = '/var/tmp' }: TarFileWriterOptions) {
    // What a link leads to is written, as by any other program.
    this.#target = existsSync(target) && isReplaceable(target) ? realpathSync(target) : target;
    this.#mode = mode;
    // Beside the target, so that it can be renamed; a device or pipe gets the finished archive.
    const besides = isReplaceable(this.#target) ? dirname(this.#target) : temporaryDirectory;
    this.#directory = mkdtempSync(`${besides}/.container-image-`);
    this.#path = `${this.#directory}/archive.tar`;
    this.#fd = openSync(this.#path, 'wx', 0o644);
  }

  add(name: string, content: Uint8Array): void {
    this.#header(name, 'file', content.length);
    this.#write(content);
    this.#write(contentPadding(content.length));
  }

  addDirectory(name: string): void {
    this.#header(name.endsWith('/') ? name : `${name}/`, 'directory', 0);
  }

  addLink(name: string, target: string): void {
    this.#header(name, 'symlink', 0, target);
  }

  /** `name` is made of the content's digest. Nothing is left of content that fails on its way. */
  async addStream(
    content: AsyncIterable<Uint8Array>,
    name: (digest: Digest) => string,
    { signal, onProgress }: { readonly signal?: AbortSignal; readonly onProgress?: (bytes: number) => void } = {},
  ): Promise<{ readonly digest: Digest; readonly size: number }> {
    const start = this.#at;
    const hash = createHash('sha256');
    let size = 0;
    try {
      this.#at += BLOCK;
      for await (const chunk of gathered(content)) {
        signal?.throwIfAborted();
        hash.update(chunk);
        this.#write(chunk);
        size += chunk.length;
        onProgress?.(size);
      }
    } catch (error) {
      this.#at = start;
      throw error;
    }
    const digest = sha256Digest(hash.digest('hex'));
    const end = this.#at;
    this.#at = start;
    this.#header(name(digest), 'file', size);
    if (this.#at !== start + BLOCK) throw new Error(`the header of ${name(digest)} needs more than one block`);
    this.#at = end;
    this.#write(contentPadding(size));
    return { digest, size };
  }

  /** Puts the archive where it belongs. */
  async finish(): Promise<void> {
    this.#write(archiveEnd());
    fsyncSync(this.#fd);
    if (isReplaceable(this.#target)) renameSync(this.#path, this.#target);
    // A standard output that is a socket can't be opened by its path.
    else if (this.#target === '/dev/stdout')
      await pipeline(createReadStream(this.#path), process.stdout, { end: false });
    else await pipeline(createReadStream(this.#path), createWriteStream(this.#target));
  }

  #header(name: string, type: EntryType, size: number, linkname = ''): void {
    const mode = type === 'symlink' ? 0 : type === 'directory' ? 0o755 : this.#mode;
    const header = { name, type, mode, uid: 0, gid: 0, size, mtimeNs: 0n, linkname, deviceMajor: 0, deviceMinor: 0 };
    this.#write(writeHeader(header));
  }

  #write(data: Uint8Array): void {
    for (let done = 0; done < data.length; ) {
      const count = writeSync(this.#fd, data, done, data.length - done, this.#at);
      done += count;
      this.#at += count;
    }
  }

  [Symbol.dispose](): void {
    if (!this.#open) return;
    this.#open = false;
    closeSync(this.#fd);
    rmSync(this.#directory, { recursive: true, force: true });
  }
}

function isReplaceable(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? true;
}

/** Few large pieces instead of many small ones. */
async function* gathered(content: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let held: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of content) {
    held.push(chunk);
    length += chunk.length;
    if (length < CHUNK) continue;
    yield held.length === 1 ? chunk : Buffer.concat(held);
    held = [];
    length = 0;
  }
  if (length > 0) yield Buffer.concat(held);
}
