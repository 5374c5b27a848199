/** `--userns=auto`: ids that no other container of the store has. What is taken is written in the containers' records. */
import { closeSync, readFileSync } from 'node:fs';
import { openRoot, readTextFile } from '@lighter/container/rootfs';
import { rootlessUid } from '@lighter/linux/launched';
import type { Image } from '@lighter/storage/store-types';
import type { Engine } from '../engine.ts';
import { EngineError } from '../errors.ts';
import { type IdRange, subordinateIds } from './subordinate.ts';

/** Whose ranges root takes them from. */
const OWNER = 'containers';
const NOBODY = 65_534;

/** First fit; several ranges where no single one is large enough. */
export async function allocateIds(engine: Engine, size: number): Promise<IdRange[]> {
  const used = (await engine.store.containers()).flatMap(({ uidMap = [], gidMap = [] }) =>
    [...uidMap, ...gidMap].map(({ hostId, size: length }) => ({ start: hostId, size: length })),
  );
  const taken: IdRange[] = [];
  let missing = size;
  for (const range of subtract(availableIds(), used)) {
    if (missing === 0) break;
    const part = Math.min(range.size, missing);
    taken.push({ start: range.start, size: part });
    missing -= part;
  }
  if (missing > 0)
    throw new EngineError('INVALID', 'could not find enough available IDs: not enough unused IDs in user namespace');
  return taken;
}

/** Of uids and gids alike. */
function availableIds(): IdRange[] {
  if (rootlessUid() !== undefined) {
    const lines = readFileSync('/proc/self/uid_map', 'utf8').trim().split('\n');
    const size = lines.reduce((sum, line) => sum + Number(line.trim().split(/\s+/)[2]), 0);
    return [{ start: 1, size: size - 1 }];
  }
  const gids = subordinateIds('/etc/subgid', OWNER);
  return subordinateIds('/etc/subuid', OWNER).flatMap((range) =>
    gids.flatMap((other) => {
      const start = Math.max(range.start, other.start);
      const end = Math.min(range.start + range.size, other.start + other.size);
      return end > start ? [{ start, size: end - start }] : [];
    }),
  );
}

function subtract(ranges: readonly IdRange[], used: readonly IdRange[]): IdRange[] {
  let free = [...ranges];
  for (const { start, size } of used) {
    free = free.flatMap((range) => {
      const before = Math.min(Math.max(start - range.start, 0), range.size);
      const after = Math.min(Math.max(range.start + range.size - start - size, 0), range.size);
      return [
        { start: range.start, size: before },
        { start: range.start + range.size - after, size: after },
      ].filter((part) => part.size > 0);
    });
  }
  return free;
}

/** One more than the highest id that the image's own accounts have. */
export async function highestId(engine: Engine, image: Image): Promise<number> {
  if (!image.layer) return 0;
  const root = openRoot(await engine.store.mount(image.layer, { readOnly: true }));
  try {
    const texts = ['/etc/passwd', '/etc/group'].map((path) => readTextFile(root, path));
    const ids = texts.flatMap((text) => text.split('\n').map((line) => Number(line.split(':')[2])));
    return Math.max(0, ...ids.filter((id) => Number.isInteger(id) && id < NOBODY)) + 1;
  } finally {
    closeSync(root);
    await engine.store.unmount(image.layer);
  }
}
