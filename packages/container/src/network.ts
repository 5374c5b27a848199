/** A container's network namespace and its connections. */
import { mkdirSync, rmSync } from 'node:fs';
import { MNT_DETACH, UMOUNT_NOFOLLOW } from '@lighter/linux/constants';
import { linux } from '@lighter/linux/native';
import type { NetworkBackend, NetworkRequest, NetworkStatus } from '@lighter/network/types';
import { type ContainerConfig, type ContainerPaths, hasPinnedNetwork, netnsPath, publishedPorts } from './config.ts';

/**
 * Pins a network namespace and connects it; nothing to do for modes without one. When connecting fails, what was
 * done is undone.
 */
export async function setUpNetwork(
  config: ContainerConfig,
  paths: ContainerPaths,
  backend: NetworkBackend,
): Promise<NetworkStatus | undefined> {
  const request = networkRequest(config, paths);
  if (!request) return undefined;
  mkdirSync(paths.netnsDirectory, { recursive: true, mode: 0o755 });
  linux.pinNetworkNamespace(request.netns);
  try {
    return await backend.setup(request);
  } catch (error) {
    try {
      await tearDownNetwork(config, paths, backend);
    } catch (second) {
      throw new AggregateError([error, second], (error as Error).message);
    }
    throw error;
  }
}

/** Everything may be gone already. */
export async function tearDownNetwork(
  config: ContainerConfig,
  paths: ContainerPaths,
  backend: NetworkBackend | undefined,
): Promise<void> {
  const request = networkRequest(config, paths);
  if (!request) return;
  try {
    await backend?.teardown(request);
  } finally {
    unpin(request.netns);
  }
}

function networkRequest(config: ContainerConfig, paths: ContainerPaths): NetworkRequest | undefined {
  if (!hasPinnedNetwork(config)) return undefined;
  return {
    containerId: config.id,
    containerName: config.name,
    netns: netnsPath(config, paths),
    attachments: config.network.mode === 'bridge' ? config.network.attachments : [],
    ports: publishedPorts(config),
    dnsServers: config.dns.servers,
  };
}

function unpin(path: string): void {
  try {
    linux.umount(path, MNT_DETACH | UMOUNT_NOFOLLOW);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'EINVAL' && code !== 'ENOENT') throw error;
  }
  rmSync(path, { force: true });
}
