/** Half-made containers of commands that were killed: their owner file is free, and there is no record. */
import { removeRemains } from './cleanup.ts';
import type { Engine } from './engine.ts';
import { Ownership } from './owner.ts';
import { directoryNames } from './state/run-files.ts';

/** Cheap where there is nothing to do: one look at a folder. */
export async function sweepContainers(engine: Engine): Promise<void> {
  const ids = directoryNames(engine.paths.containers).filter((id) => /^[0-9a-f]{64}$/.test(id));
  if (ids.length === 0) return;
  const known = new Set((await engine.containers.all()).map(({ record }) => record.id));
  for (const id of ids) {
    if (known.has(id)) continue;
    using owner = Ownership.tryTake(engine.paths.owner(id));
    if (owner) await removeRemains(engine, id);
  }
}
