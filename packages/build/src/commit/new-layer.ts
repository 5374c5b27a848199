/** The tar of the layer that a commit adds. */
import { tarOfTree } from '@lighter/archive/tree/tar-of-tree';
import type { Store } from '@lighter/storage/store-types';
import type { CommitOptions } from './commit-options.ts';

/**
 * What the container changed, whiteouts included; with `squash` the whole tree as its base and its changes make it. The
 * tree has to be mounted for that, which is done here.
 */
export async function* newLayer(
  store: Store,
  containerId: string,
  { squash = false, timestamp }: Pick<CommitOptions, 'squash' | 'timestamp'>,
  signal?: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const times = timestamp === undefined ? {} : { timestamp };
  if (!squash) return yield* store.diffTar(containerId, signal, times);
  const root = await store.mount(containerId);
  try {
    yield* tarOfTree(root, { ...times, ...(signal ? { signal } : {}) });
  } finally {
    await store.unmount(containerId);
  }
}
