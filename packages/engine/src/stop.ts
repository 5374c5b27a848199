/** Ending containers from outside. */
import { setTimeout as pause } from 'node:timers/promises';
import { stopContainer as stopProcess } from '@lighter/container/stop';
import { endRun, removeContainer } from './cleanup.ts';
import type { Engine } from './engine.ts';
import { EngineError } from './errors.ts';
import { Ownership } from './owner.ts';
import { type ContainerExit, isGoingOn } from './record.ts';
import type { Container } from './state/containers.ts';

const POLL = 20;
/** How long conmon may take to write an exit file, in milliseconds. */
const EXIT_WAIT = 5000;

export interface StopRequest {
  /** Seconds; default: the container's own. */
  readonly timeout?: number;
  readonly signal?: AbortSignal;
  readonly warn?: (message: string) => void;
}

/** A run that was ended here. */
interface Ended {
  readonly conmonPid: number;
  readonly exit: ContainerExit;
}

/**
 * Stops a running container and waits until it is cleaned up: by its owner, or here when there is none any more. One that
 * doesn't run is fine. Returns it as it is then; undefined: it has gone, as `--rm` wants it.
 */
export async function stopContainer(
  engine: Engine,
  { record }: Container,
  request: StopRequest = {},
): Promise<Container | undefined> {
  let ended: Ended | undefined;
  for (;;) {
    request.signal?.throwIfAborted();
    const container = await engine.containers.find(record.id);
    if (!container) return undefined;
    if (!ended && isGoingOn(container.state)) {
      ended = await endProcess(engine, container, request);
      continue;
    }
    const owner = Ownership.claimExisting(engine.paths.owner(record.id));
    if (owner === undefined) return container;
    if (owner !== 'owned') return cleanUpHere(engine, record.id, owner, ended);
    // Its owner cleans up, or is about to start it.
    await pause(POLL, undefined, request.signal ? { signal: request.signal } : {});
  }
}

async function endProcess(engine: Engine, { record, state }: Container, request: StopRequest): Promise<Ended> {
  if (state.status === 'paused') {
    throw new EngineError(
      'STATE_IMPROPER',
      `can only stop created or running containers. ${record.id} is in state paused: container state improper`,
    );
  }
  const monitor = await engine.monitor(record.config);
  await stopProcess(monitor, record.config, {
    pid: state.pid,
    ...(request.timeout === undefined ? {} : { timeout: request.timeout }),
    ...(request.signal ? { abort: request.signal } : {}),
    ...(request.warn ? { warn: request.warn } : {}),
  });
  // The process has gone, but conmon may not have said so yet.
  try {
    await monitor.waitExit(engine.paths.exits, record.id, {
      conmonPid: state.conmonPid,
      signal: AbortSignal.timeout(EXIT_WAIT),
    });
  } catch (error) {
    const { name, code } = error as { name?: string; code?: string };
    if (name !== 'TimeoutError' && code !== 'MONITOR_DIED') throw error;
  }
  const lost = 'conmon did not write an exit file, container exit code could not be retrieved';
  return {
    conmonPid: state.conmonPid,
    exit: engine.containers.exitOf(record.id) ?? { code: -1, finished: Date.now(), error: lost },
  };
}

async function cleanUpHere(
  engine: Engine,
  id: string,
  ownership: Ownership,
  ended: Ended | undefined,
): Promise<Container | undefined> {
  using owner = ownership;
  const container = await engine.containers.find(id);
  if (!container) return undefined;
  // Started again by somebody else.
  if (isGoingOn(container.state) && container.state.conmonPid !== ended?.conmonPid) return container;
  await endRun(engine, container, { abandoned: true, ...(ended ? { exit: ended.exit } : {}) });
  if (container.record.config.autoRemove) await removeContainer(engine, container.record);
  owner.finish();
  return engine.containers.find(id);
}

/** Sends a signal to a container's first process. */
export async function killContainer(engine: Engine, { record, state }: Container, signal: number): Promise<void> {
  if (!isGoingOn(state)) {
    throw new EngineError(
      'STATE_IMPROPER',
      `can only kill running containers. ${record.id} is in state ${state.status}: container state improper`,
    );
  }
  const monitor = await engine.monitor(record.config);
  await monitor.kill(record.id, signal);
}
