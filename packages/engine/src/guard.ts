/** `podman container cleanup`, run by conmon's guard or the launcher's watcher: whatever a container left is freed. */
import { endRun, removeContainer } from './cleanup.ts';
import type { Engine } from './engine.ts';
import { Ownership } from './owner.ts';
import { isGoingOn } from './record.ts';
import { removeRemains } from './sweep.ts';

export interface GuardRequest {
  /** `--rm`. */
  readonly remove: boolean;
  /** A container that was created only to be run goes when that didn't come to pass. */
  readonly removeUnstarted: boolean;
}

/** `handedOver` is the lock that the guard took; else it is waited for. */
export async function cleanUpByGuard(
  engine: Engine,
  id: string,
  handedOver: Ownership | undefined,
  { remove, removeUnstarted }: GuardRequest,
): Promise<void> {
  using owner = handedOver ?? (await Ownership.wait(engine.paths.owner(id)));
  if (!owner) return;
  const container = await engine.containers.find(id);
  if (!container) {
    await removeRemains(engine, id);
    return;
  }
  const { record, state } = container;
  if (isGoingOn(state)) return;
  await endRun(engine, container, { abandoned: true });
  const unstarted = removeUnstarted && state.started === 0;
  if (remove || unstarted || record.config.autoRemove) await removeContainer(engine, record);
  owner.finish();
}
