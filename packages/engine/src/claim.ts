/** Before a container that exists is started: nobody else owns it, and nothing of its last run is left. */
import { setTimeout as pause } from 'node:timers/promises';
import { endRun } from './cleanup.ts';
import type { Engine } from './engine.ts';
import { EngineError } from './errors.ts';
import { Ownership } from './owner.ts';
import type { Container } from './state/containers.ts';

const POLL = 20;

/** Waits for whoever is still cleaning up. 'running': somebody was quicker. */
export async function claimForStart(engine: Engine, id: string, signal?: AbortSignal): Promise<Ownership | 'running'> {
  for (;;) {
    signal?.throwIfAborted();
    if (await isRunning(engine, id)) return 'running';
    const owner = Ownership.claim(engine.paths.owner(id));
    if (owner) return prepare(engine, id, owner);
    await pause(POLL, undefined, signal ? { signal } : {});
  }
}

async function prepare(engine: Engine, id: string, owner: Ownership): Promise<Ownership | 'running'> {
  try {
    // It may have been started before the lock was ours.
    if (!(await isRunning(engine, id))) {
      const container = await engine.containers.get(id);
      if (!container.state.clean) await endRun(engine, container, { abandoned: true });
      return owner;
    }
  } catch (error) {
    owner[Symbol.dispose]();
    throw error;
  }
  owner[Symbol.dispose]();
  return 'running';
}

async function isRunning(engine: Engine, id: string): Promise<boolean> {
  const { record, state }: Container = await engine.containers.get(id);
  if (state.status !== 'paused') return state.status === 'running';
  throw new EngineError(
    'STATE_IMPROPER',
    `container ${record.id} must be in Created or Stopped state to be started: container state improper`,
  );
}
