/** The tar of a whole tree, as `export` writes it: a mounted root file system, a volume. */
import { closeSync, constants, openSync } from 'node:fs';
import type { PathBytes } from '../tar/header.ts';
import { entryTypeOf, headerOf, inodeKey } from './entry.ts';
import { type TarItem, tarStream } from './tar-stream.ts';
import { type Include, walkTree } from './walk.ts';

export interface TreeTarOptions {
  readonly include?: Include;
  /** Seconds since 1970 that every entry gets. */
  readonly timestamp?: number;
  readonly signal?: AbortSignal;
}

export async function* tarOfTree(directory: string, options: TreeTarOptions = {}): AsyncGenerator<Buffer> {
  const top = openSync(directory, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    yield* tarStream(items(top, options), options.signal);
  } finally {
    closeSync(top);
  }
}

function* items(top: number, { include, timestamp }: TreeTarOptions): Generator<TarItem> {
  const links = new Map<string, PathBytes>();
  for (const entry of walkTree(top, include)) {
    const type = entryTypeOf(entry.status);
    if (!type) continue;
    const header = headerOf(entry, type);
    if (timestamp !== undefined) header.mtimeNs = BigInt(timestamp) * 1_000_000_000n;
    if (type !== 'directory' && entry.status.nlink > 1) {
      const first = links.get(inodeKey(entry.status));
      if (first !== undefined) {
        yield { header: { ...header, type: 'link', size: 0, linkname: first } };
        continue;
      }
      links.set(inodeKey(entry.status), entry.path);
    }
    yield type === 'file' ? { header, entry } : { header };
  }
}
