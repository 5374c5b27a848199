/** Ending containers from outside: stop, kill, wait, rm, and what conmon's guard calls. */
import { setTimeout as pause } from 'node:timers/promises';
import { stopContainer as stopProcess } from '@lighter/container/stop';
import { finishRun, removeContainer, removeRemains } from './cleanup.ts';
import type { Engine } from './engine.ts';
import { EngineError } from './errors.ts';
import { Ownership } from './owner.ts';
import type { Container } from './state/containers.ts';

const POLL = 20;

export interface StopRequest {
  /** Seconds; default: the container's own. */
  readonly timeout?: number;
  readonly signal?: AbortSignal;
  readonly warn?: (message: string) => void;
}

/** Stops a running container and waits until it is cleaned up. One that doesn't run is fine. */
export async function stopContainer(engine: Engine, container: Container, request: StopRequest = {}): Promise<void> {
  const { record, state } = container;
  if (state.status === 'paused') {
    throw new EngineError(
      'STATE_IMPROPER',
      `container ${record.id} is running or paused, refusing to clean up: container state improper`,
    );
  }
  if (state.status === 'running' || state.status === 'stopping') {
    const monitor = await engine.monitor(record.config);
    await stopProcess(monitor, record.config, {
      pid: state.pid,
      ...(request.timeout === undefined ? {} : { timeout: request.timeout }),
      ...(request.signal ? { abort: request.signal } : {}),
      ...(request.warn ? { warn: request.warn } : {}),
    });
  }
  await waitUntilClean(engine, record.id, request.signal);
}

export async function killContainer(engine: Engine, { record, state }: Container, signal: number): Promise<void> {
  if (state.status !== 'running' && state.status !== 'paused') {
    throw new EngineError(
      'STATE_IMPROPER',
      `can only kill running containers. ${record.id} is in state ${state.status}: container state improper`,
    );
  }
  const monitor = await engine.monitor(record.config);
  await monitor.kill(record.id, signal);
}

/** Waits for a container's end and gives its exit code. */
export async function waitContainer(engine: Engine, id: string, signal?: AbortSignal): Promise<number> {
  for (;;) {
    signal?.throwIfAborted();
    const container = await engine.containers.find(id);
    if (!container) return engine.containers.exitOf(id)?.code ?? -1;
    const { status, exit } = container.state;
    if (status === 'exited' || status === 'stopped') return exit?.code ?? -1;
    if (status === 'created') return 0;
    await pause(POLL, undefined, signal ? { signal } : {});
  }
}

/** Until whoever owns the run has cleaned it up; what nobody owns any more is cleaned here. */
async function waitUntilClean(engine: Engine, id: string, signal: AbortSignal | undefined): Promise<void> {
  using owner = await Ownership.take(engine.paths.owner(id), signal);
  const container = await engine.containers.find(id);
  if (!owner || !container) return;
  await finishRun(engine, container, owner);
  if (container.record.config.autoRemove) await removeContainer(engine, container.record);
}

export interface RemoveRequest {
  readonly force: boolean;
  readonly timeout?: number;
  readonly signal?: AbortSignal;
  readonly warn?: (message: string) => void;
}

/** `podman rm`. */
export async function removeContainerByUser(
  engine: Engine,
  container: Container,
  request: RemoveRequest,
): Promise<void> {
  const { record, state } = container;
  const busy = ['running', 'paused', 'stopping'].includes(state.status);
  if (busy && !request.force) {
    throw new EngineError(
      'STATE_IMPROPER',
      `cannot remove container ${record.id} as it is ${state.status} - running or paused containers cannot be removed without force: container state improper`,
    );
  }
  await stopContainer(engine, container, request);
  // Removed by its owner when it ended, with --rm.
  if (await engine.containers.find(record.id)) await removeContainer(engine, record);
}

/** `podman container cleanup`, run by conmon's guard or the watcher: whatever this container left is freed. */
export async function cleanUpByGuard(
  engine: Engine,
  id: string,
  owner: Ownership | undefined,
  { remove }: { readonly remove: boolean },
): Promise<void> {
  const owned = owner ?? (await Ownership.take(engine.paths.owner(id)));
  if (!owned) return;
  using _owner = owned;
  const container = await engine.containers.find(id);
  if (!container) {
    await removeRemains(engine, id);
    return;
  }
  const { record } = container;
  await finishRun(engine, container, owned);
  if (remove || record.config.autoRemove) await removeContainer(engine, record);
}
