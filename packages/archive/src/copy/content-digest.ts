/**
 * The digest that buildah records for copied content in an image's history (`file:…`, `dir:…`): sha256 over a tar of it with
 * all times zero. It decides hits in the build cache, so it must be the same in every tool.
 */
import { createHash } from 'node:crypto';
import type { TarHeader } from '../tar/header.ts';
import { archiveEnd, contentPadding, writeHeader } from '../tar/writer.ts';

export class ContentDigest {
  readonly #hash = createHash('sha256');
  #size = 0;

  /** Content of a file follows by {@link content}, {@link entryEnd} after it. */
  entry(header: TarHeader): void {
    const { atimeNs: _atimeNs, ...rest } = header;
    this.#hash.update(writeHeader({ ...rest, mtimeNs: 0n }));
    this.#size = header.size;
  }

  content(bytes: Uint8Array): void {
    this.#hash.update(bytes);
  }

  entryEnd(): void {
    if (this.#size > 0) this.#hash.update(contentPadding(this.#size));
  }

  /** 64 hex digits. */
  finish(): string {
    return this.#hash.update(archiveEnd()).digest('hex');
  }
}
