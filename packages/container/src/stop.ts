/** Ending a container: its stop signal, then SIGKILL. */
import { closeSync } from 'node:fs';
import { linux } from '@lighter/linux/native';
import { signalName } from '@lighter/linux/signals';
import { RuntimeError } from '@lighter/runtime/errors';
import type { Monitor } from '@lighter/runtime/types';
import type { ContainerConfig } from './config.ts';
import { ContainerError } from './errors.ts';

const SIGKILL = 9;
/** How long a killed process may take to go, in milliseconds. */
const KILL_WAIT = 5000;

export interface StopOptions {
  /** Process id of the container's first process; 0: it has none any more. */
  readonly pid: number;
  /** Seconds; 0 kills at once, negative waits for ever. Default: the container's. */
  readonly timeout?: number;
  /** Signal number. Default: the container's. */
  readonly signal?: number;
  readonly abort?: AbortSignal;
  /** Called with a sentence when SIGKILL has to follow. */
  readonly warn?: (message: string) => void;
}

/** Resolves when the container's first process is gone. One that is gone already is fine. */
export async function stopContainer(monitor: Monitor, config: ContainerConfig, options: StopOptions): Promise<void> {
  const process = options.pid === 0 ? undefined : openProcess(options.pid);
  if (process === undefined) return;
  try {
    await endProcess(monitor, config, options, process);
  } finally {
    closeSync(process);
  }
}

async function endProcess(
  monitor: Monitor,
  config: ContainerConfig,
  options: StopOptions,
  process: number,
): Promise<void> {
  const seconds = options.timeout ?? config.stopTimeout;
  const signal = options.signal ?? config.stopSignal;
  // Without a PID namespace of its own the container's other processes outlive the first one.
  const all = config.cgroups.enabled && !config.spec.linux?.namespaces?.some(({ type }) => type === 'pid');
  if (seconds !== 0) {
    await send(monitor, config.id, signal, all);
    const limit = seconds < 0 ? Number.POSITIVE_INFINITY : seconds * 1000;
    if (await goneWithin(process, limit, options.abort)) return;
    options.warn?.(
      `StopSignal ${signalName(signal)} failed to stop container ${config.name} in ${seconds} seconds, resorting to SIGKILL`,
    );
  }
  await send(monitor, config.id, SIGKILL, all);
  if (await goneWithin(process, KILL_WAIT, options.abort)) return;
  throw new ContainerError(
    'STILL_RUNNING',
    `container ${config.id} did not end within ${KILL_WAIT / 1000} s of SIGKILL`,
  );
}

async function send(monitor: Monitor, id: string, signal: number, all: boolean): Promise<void> {
  try {
    await monitor.kill(id, signal, { all });
  } catch (error) {
    if (!(error instanceof RuntimeError && error.code === 'CONTAINER_UNKNOWN')) throw error;
  }
}

/** A zombie counts as gone: whether its parent has noticed is not our business. */
async function goneWithin(process: number, milliseconds: number, abort: AbortSignal | undefined): Promise<boolean> {
  const timeout = Number.isFinite(milliseconds) ? AbortSignal.timeout(milliseconds) : undefined;
  const signals = [timeout, abort].filter((signal) => signal !== undefined);
  try {
    await linux.pidfdWait(process, signals.length > 0 ? AbortSignal.any(signals) : undefined);
    return true;
  } catch (error) {
    if (timeout?.aborted && !abort?.aborted) return false;
    throw error;
  }
}

/** A descriptor of the process, so that its number may be given to another one; undefined when it is gone. */
function openProcess(pid: number): number | undefined {
  try {
    return linux.pidfdOpen(pid);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return undefined;
    throw error;
  }
}
