/**
 * Containers whose creator was killed between the runtime's `create` and `start`. Nobody will start them, and conmon
 * would hold them for ever; at the moment they are found, conmon may even be about to create one.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { RuntimeError } from '@lighter/runtime/errors';
import type { Monitor } from '@lighter/runtime/types';
import type { ContainerConfig } from './config.ts';
import { ContainerError } from './errors.ts';

/** A conmon that its killed creator had just forked shows its command line within this time; milliseconds. */
const APPEARS = 100;
const ENDS = 60_000;
const POLL = 20;

/**
 * Deletes the container from the runtime until its conmon has gone, or has come to its exit command, which may be waiting
 * for us. Call it only for containers that were never started, and only as their owner.
 */
export async function endAbandonedContainer(config: Pick<ContainerConfig, 'id'>, monitor: Monitor): Promise<void> {
  const begin = Date.now();
  for (let seen = false; Date.now() - begin < ENDS; ) {
    const alive = hasConmon(config.id);
    if (!alive && (seen || Date.now() - begin > APPEARS)) return;
    seen ||= alive;
    try {
      if (alive) await monitor.delete(config.id, { force: true });
    } catch (error) {
      // Half created: the next attempt finds more.
      if (!(error instanceof RuntimeError)) throw error;
    }
    await pause(POLL);
  }
  throw new ContainerError('STILL_RUNNING', `conmon of container ${config.id} did not end within ${ENDS / 1000} s`);
}

/** By the command line, as conmon writes its pid file late. One whose exit command runs, here or elsewhere, doesn't count. */
function hasConmon(id: string): boolean {
  const processes = commandLines();
  return [...processes].some(([pid, argv]) => {
    if (!argv[0]?.endsWith('conmon') || argv[argv.indexOf('-c') + 1] !== id) return false;
    if (pid === process.ppid) return false; // the exit command has become this process
    const at = argv.indexOf('--exit-command');
    const exitCommand = at < 0 ? undefined : argv[at + 1];
    return ![...processes].some(([child, [command]]) => command === exitCommand && parentOf(child) === pid);
  });
}

/** Of everything that runs; a zombie has none. */
function commandLines(): Map<number, string[]> {
  const lines = new Map<number, string[]>();
  for (const pid of readdirSync('/proc')) {
    if (!/^\d+$/.test(pid)) continue;
    try {
      const text = readFileSync(`/proc/${pid}/cmdline`, 'latin1');
      if (text !== '') lines.set(Number(pid), text.split('\0'));
    } catch {
      // Ended meanwhile.
    }
  }
  return lines;
}

function parentOf(pid: number): number | undefined {
  try {
    return Number(/^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
  } catch {
    return undefined;
  }
}
