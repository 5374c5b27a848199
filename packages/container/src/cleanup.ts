/** What is undone when a container has ended; each step is tried whatever happens to the others. */
import { rmSync } from 'node:fs';
import type { NetworkBackend } from '@lighter/network/types';
import type { Monitor } from '@lighter/runtime/types';
import type { ContainerConfig, ContainerPaths } from './config.ts';
import { ContainerError } from './errors.ts';
import { tearDownNetwork } from './network.ts';
import { unmountShm } from './shm.ts';

const SIGKILL = 9;

/**
 * Network, runtime state, conmon's files, shm; the root file system is the store's and stays. May be repeated, also by
 * another process after a crash. Throws ContainerError `CLEANUP_INCOMPLETE` with the first failure in its message.
 */
export async function cleanUpContainer(
  config: ContainerConfig,
  paths: ContainerPaths,
  parts: {
    readonly monitor: Monitor;
    /** Needed for containers on bridge networks only. */
    readonly network?: NetworkBackend;
    /** The runtime never created it: there is nothing of it to delete. */
    readonly neverCreated?: boolean;
  },
): Promise<void> {
  const failures: unknown[] = [];
  const step = async (action: () => Promise<void> | void) => {
    try {
      await action();
    } catch (error) {
      failures.push(error);
    }
  };
  // The runtime and the network's plugins are programs that know nothing of each other: they run at once.
  await Promise.all([
    parts.neverCreated ? undefined : step(() => deleteFromRuntime(config, parts.monitor)),
    step(() => tearDownNetwork(config, paths, parts.network)),
  ]);
  await step(() => removeConmonFiles(paths));
  await step(() => unmountShm(paths));
  if (failures.length > 0) {
    throw new ContainerError(
      'CLEANUP_INCOMPLETE',
      `cleaning up container ${config.id}: ${(failures[0] as Error).message}`,
      {
        cause: new AggregateError(failures),
      },
    );
  }
}

async function deleteFromRuntime(config: ContainerConfig, monitor: Monitor): Promise<void> {
  // Processes outlive the first one where the container has no PID namespace of its own.
  if (!config.spec.linux?.namespaces?.some(({ type }) => type === 'pid')) {
    await monitor.kill(config.id, SIGKILL, { all: true }).catch(() => {});
  }
  await monitor.delete(config.id, { force: true });
}

/** What conmon leaves and a later start must not meet. The exit file stays until then: it is read by others. */
export function removeConmonFiles(paths: ContainerPaths): void {
  for (const name of ['attach', 'ctl', 'winsz', 'oom']) rmSync(`${paths.bundle}/${name}`, { force: true });
  for (const name of ['pidfile', 'conmon.pid', 'oci-log']) rmSync(`${paths.runDirectory}/${name}`, { force: true });
  if (paths.persistDirectory !== undefined) rmSync(paths.persistDirectory, { recursive: true, force: true });
}
