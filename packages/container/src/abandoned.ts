/**
 * Containers whose creator was killed between the runtime's `create` and `start`. Nobody will start them, and conmon
 * would hold them for ever; at the moment they are found, conmon may even be about to create one.
 */
import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { RuntimeError } from '@lighter/runtime/errors';
import type { Monitor } from '@lighter/runtime/types';
import type { ContainerConfig, ContainerPaths } from './config.ts';
import { ContainerError } from './errors.ts';

/** conmon that has lost its creator writes its pid file well within this time; milliseconds. */
const APPEARS = 1000;
const ENDS = 60_000;
const POLL = 20;

/**
 * Deletes the container from the runtime until its conmon has gone, which then has run its exit command. Call it only
 * for containers that were never started, and only as their owner.
 */
export async function endAbandonedContainer(
  config: ContainerConfig,
  paths: ContainerPaths,
  monitor: Monitor,
): Promise<void> {
  const begin = Date.now();
  while (Date.now() - begin < ENDS) {
    const conmon = conmonState(config.id, paths);
    if (conmon === 'ended' || (conmon === 'unknown' && Date.now() - begin > APPEARS)) return;
    try {
      if (conmon === 'running') await monitor.delete(config.id, { force: true });
    } catch (error) {
      // Half created: the next attempt finds more.
      if (!(error instanceof RuntimeError)) throw error;
    }
    await pause(POLL);
  }
  throw new ContainerError('STILL_RUNNING', `conmon of container ${config.id} did not end within ${ENDS / 1000} s`);
}

function conmonState(id: string, paths: ContainerPaths): 'unknown' | 'running' | 'ended' {
  let pid: number;
  try {
    pid = Number.parseInt(readFileSync(`${paths.runDirectory}/conmon.pid`, 'utf8'), 10);
  } catch {
    return 'unknown';
  }
  try {
    // The number may have been given to another process; a zombie has no command line.
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(id) ? 'running' : 'ended';
  } catch {
    return 'ended';
  }
}
