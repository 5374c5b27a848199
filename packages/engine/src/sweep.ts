/** What commands left that were killed, and what a boot took away: the next command that changes something puts it in order. */
import { rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { endRun, removeContainer, removeFromStore, unmountRoot } from './cleanup.ts';
import { isOurs } from './container-metadata.ts';
import type { Engine } from './engine.ts';
import { Ownership } from './owner.ts';
import { isGoingOn } from './record.ts';
import { beginBoot, hasStateOfThisBoot } from './state/boot.ts';

/** Before the first thing that changes a container. Cheap where there is nothing to do: one look at a folder. */
export async function sweepContainers(engine: Engine): Promise<void> {
  if (!hasStateOfThisBoot(engine.paths) && (await beginBoot(engine.paths))) await sweepAfterBoot(engine);
  for (const id of engine.containers.runningIds()) {
    const state = engine.containers.stateOf(id);
    // conmon looks after it, and its guard will clean up.
    if (state && isGoingOn(state)) continue;
    const owner = Ownership.claimExisting(engine.paths.owner(id));
    if (owner && owner !== 'owned') await sweepOne(engine, id, owner);
  }
}

/** The command that owned this container is gone. */
async function sweepOne(engine: Engine, id: string, ownership: Ownership): Promise<void> {
  using owner = ownership;
  const container = await engine.containers.find(id);
  if (!container) {
    await removeRemains(engine, id);
    return;
  }
  if (isGoingOn(container.state)) return;
  await endRun(engine, container, { abandoned: true });
  if (container.record.config.autoRemove) await removeContainer(engine, container.record);
  owner.finish();
}

/** Containers of `--rm`, and those whose creation didn't get as far as a record. */
async function sweepAfterBoot(engine: Engine): Promise<void> {
  const known = new Set((await engine.containers.all()).map(({ record }) => record.id));
  for (const { id, metadata } of await engine.store.containers()) {
    if (isOurs(metadata) && !known.has(id)) await removeFromStore(engine, id);
  }
}

/** What a creation left that didn't get as far as a record. */
export async function removeRemains(engine: Engine, id: string): Promise<void> {
  await unmountRoot(engine, id);
  await removeFromStore(engine, id);
  await (await import('./volumes/remove.ts')).removeVolumesMadeFor(engine, id);
  rmSync(dirname(engine.paths.bundle(id)), { recursive: true, force: true });
  rmSync(dirname(engine.paths.containerRun(id)), { recursive: true, force: true });
  engine.containers.forget(id);
}
