/** A start that is undone when it fails, by the watcher when we are killed. */
import type { Engine } from '@lighter/engine/engine';
import type { Ownership } from '@lighter/engine/owner';
import type { ContainerRecord } from '@lighter/engine/record';
import { undoStart } from '@lighter/engine/run';
import { startContainer } from '@lighter/engine/start';
import { armWatcher, disarmWatcher } from '@lighter/linux/watcher';
import { runFailure } from './run-failure.ts';

export async function started<T>(
  engine: Engine,
  record: ContainerRecord,
  owner: Ownership,
  work: () => Promise<T>,
): Promise<T> {
  armWatcher(engine.cleanupCommand(record.id, []));
  try {
    return await work();
  } catch (error) {
    await undoStart(engine, record, owner);
    disarmWatcher();
    throw runFailure(error);
  }
}

/** Left to conmon once it runs. */
export function startDetached(
  engine: Engine,
  record: ContainerRecord,
  owner: Ownership,
  signal: AbortSignal,
): Promise<void> {
  return started(engine, record, owner, async () => {
    await startContainer(engine, record, { signal });
    owner[Symbol.dispose]();
    disarmWatcher();
  });
}
