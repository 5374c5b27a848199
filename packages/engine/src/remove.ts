/** `podman rm`. */
import { removeContainer } from './cleanup.ts';
import type { Engine } from './engine.ts';
import { EngineError } from './errors.ts';
import { Ownership } from './owner.ts';
import { isGoingOn } from './record.ts';
import type { Container } from './state/containers.ts';
import { type StopRequest, stopContainer } from './stop.ts';

export interface RemoveRequest extends StopRequest {
  /** Stop it first when it runs. */
  readonly force: boolean;
  /** With the containers that need it. */
  readonly depend?: boolean;
  /** With the volumes that were made for it. */
  readonly volumes?: boolean;
}

export async function removeContainerByUser(
  engine: Engine,
  container: Container,
  request: RemoveRequest,
): Promise<void> {
  const { id } = container.record;
  await removeDependents(engine, id, request);
  for (let current: Container | undefined = container; current; ) {
    if (isGoingOn(current.state) && !request.force) {
      throw new EngineError(
        'STATE_IMPROPER',
        `cannot remove container ${id} as it is ${current.state.status} - running or paused containers cannot be removed without force: container state improper`,
      );
    }
    if (!(await stopContainer(engine, current, request))) return;
    // Nobody may start it while it goes.
    using owner = Ownership.claim(engine.paths.owner(id));
    current = await engine.containers.find(id);
    if (!owner || !current || isGoingOn(current.state)) continue;
    await removeContainer(engine, current.record, request.volumes || current.record.config.autoRemove);
    owner.finish();
    return;
  }
}

/** Throws unless they shall go too. */
async function removeDependents(engine: Engine, id: string, request: RemoveRequest): Promise<void> {
  const others = (await engine.containers.all()).filter(({ record }) => record.dependencies?.includes(id));
  if (others.length === 0) return;
  if (!request.depend) {
    const ids = others.map(({ record }) => record.id).join(', ');
    throw new EngineError(
      'STATE_IMPROPER',
      `container ${id} has dependent containers which must be removed before it: ${ids}: container already exists`,
    );
  }
  for (const other of others) await removeContainerByUser(engine, other, request);
}
