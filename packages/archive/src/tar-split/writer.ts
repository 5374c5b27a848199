/**
 * Writes tar-split data while an archive is taken apart (storage: tar-split, version 2 of its JSON lines): raw bytes between
 * contents are kept, contents only as name, size and CRC-64, so that the archive can be put together again from files.
 */
import { gzipSync } from 'node:zlib';
import { linux } from '@lighter/linux/native';
import { ArchiveError } from '../errors.ts';
import { cleanPath, pathKey } from '../paths.ts';
import { type PathBytes, printable } from '../tar/header.ts';

/** Raw bytes gathered before a segment is written. */
const SEGMENT_BYTES = 64 * 1024;
/** Text gathered before it is compressed: each part becomes a gzip member of its own, so that memory stays bounded. */
const MEMBER_BYTES = 1024 * 1024;

export class TarSplitWriter {
  readonly #write: (bytes: Uint8Array) => void;
  readonly #seen = new Set<string>();
  readonly #crc = new Uint8Array(8);
  #raw: Buffer[] = [];
  #rawLength = 0;
  #lines: string[] = [];
  #linesLength = 0;
  #position = 0;
  #name: PathBytes = '';
  #size = 0;

  /** `write` is given compressed bytes. */
  constructor(write: (bytes: Uint8Array) => void) {
    this.#write = write;
  }

  raw(bytes: Buffer): void {
    // The chunk's memory is reused by nobody, but keeping a piece of it would keep all of it.
    this.#raw.push(Buffer.from(bytes));
    this.#rawLength += bytes.length;
    if (this.#rawLength >= SEGMENT_BYTES) this.#flushRaw();
  }

  entry(name: PathBytes, size: number): void {
    const key = pathKey(cleanPath(name));
    if (this.#seen.has(key))
      throw new ArchiveError('TAR_SPLIT_INVALID', `duplicates of file paths not supported: ${printable(name)}`);
    this.#seen.add(key);
    this.#flushRaw();
    this.#name = name;
    this.#size = size;
    this.#crc.fill(0);
  }

  content(bytes: Buffer): void {
    linux.crc64Update(this.#crc, bytes);
  }

  entryEnd(): void {
    const name =
      typeof this.#name === 'string'
        ? `"name":${JSON.stringify(this.#name)}`
        : `"name_raw":"${this.#name.toString('base64')}"`;
    const content =
      this.#size > 0
        ? `"size":${this.#size},"payload":"${Buffer.from(this.#crc).toString('base64')}"`
        : '"payload":null';
    this.#line(`{"type":1,${name},${content},"position":${this.#position++}}\n`);
  }

  end(): void {
    this.#flushRaw();
    this.#flushLines();
  }

  #flushRaw(): void {
    if (this.#rawLength === 0) return;
    const payload = (this.#raw.length === 1 ? (this.#raw[0] as Buffer) : Buffer.concat(this.#raw)).toString('base64');
    this.#raw = [];
    this.#rawLength = 0;
    this.#line(`{"type":2,"payload":"${payload}","position":${this.#position++}}\n`);
  }

  #line(line: string): void {
    this.#lines.push(line);
    this.#linesLength += line.length;
    if (this.#linesLength >= MEMBER_BYTES) this.#flushLines();
  }

  #flushLines(): void {
    if (this.#linesLength > 0) this.#write(gzipSync(this.#lines.join(''), { level: 1 }));
    this.#lines = [];
    this.#linesLength = 0;
  }
}
