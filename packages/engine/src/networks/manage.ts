/** Making and removing networks. */
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { linux } from '@lighter/linux/native';
import { DEFAULT_NETWORK, type NetworkDefinition } from '@lighter/network/definitions/definition';
import { defaultPools, type NewNetwork, newNetwork } from '@lighter/network/definitions/new-network';
import { NetworkError } from '@lighter/network/errors';
import type { Engine } from '../engine.ts';
import { EngineError } from '../errors.ts';
import { removeContainerByUser } from '../remove.ts';
import type { Container } from '../state/containers.ts';
import { bridgeNetworks } from './backend.ts';
import { findNetwork } from './find.ts';

/** Two at once never get the same bridge or subnet. */
export async function createNetwork(engine: Engine, request: NewNetwork): Promise<NetworkDefinition> {
  const backend = await bridgeNetworks(engine);
  const pools = poolsOf((await engine.conf()).network.default_subnet_pools);
  return alone(engine, async () => {
    const network = newNetwork(request, {
      existing: await backend.networks(),
      bridgePrefix: backend.bridgePrefix,
      pools: pools.length > 0 ? pools : defaultPools,
    });
    await backend.save(network);
    return network;
  });
}

export interface NetworkRemoval {
  /** With the containers that are connected. */
  readonly force?: boolean;
  /** Seconds that such a container gets to stop. */
  readonly timeout?: number;
  readonly signal?: AbortSignal;
}

/** Throws NetworkError `NETWORK_IN_USE`. Returns the network's name. */
export async function removeNetwork(engine: Engine, text: string, how: NetworkRemoval = {}): Promise<string> {
  const backend = await bridgeNetworks(engine);
  const network = await findNetwork(backend, text);
  for (
    let users = await networkUsers(engine, network.name);
    users.length > 0;
    users = await networkUsers(engine, network.name)
  ) {
    if (!how.force) {
      throw new NetworkError(
        'NETWORK_IN_USE',
        `${JSON.stringify(network.name)} has associated containers with it. Use -f to forcibly delete containers and pods: network is being used`,
      );
    }
    for (const user of users) {
      await removeContainerByUser(engine, user, {
        force: true,
        ...(how.timeout === undefined ? {} : { timeout: how.timeout }),
        ...(how.signal ? { signal: how.signal } : {}),
      });
    }
  }
  if (network.name === DEFAULT_NETWORK) {
    throw new EngineError('INVALID', `default network ${DEFAULT_NETWORK} cannot be removed`);
  }
  await alone(engine, () => backend.remove(network));
  return network.name;
}

export async function networkUsers(engine: Engine, name: string): Promise<Container[]> {
  return (await engine.containers.all()).filter(
    ({ record }) =>
      record.config.network.mode === 'bridge' &&
      record.config.network.attachments.some(({ network }) => network === name),
  );
}

/** containers.conf(5), `default_subnet_pools`: `{"base" = "10.89.0.0/16", "size" = 24}`. */
function poolsOf(values: readonly unknown[]): { base: string; size: number }[] {
  return values.map((value) => {
    const { base, size } = value as { base?: unknown; size?: unknown };
    if (typeof base !== 'string' || typeof size !== 'number') {
      throw new EngineError('INVALID', 'containers.conf: network.default_subnet_pools must be a list of {base, size}');
    }
    return { base, size };
  });
}

async function alone<T>(engine: Engine, action: () => Promise<T>): Promise<T> {
  mkdirSync(engine.paths.runDirectory, { recursive: true, mode: 0o700 });
  const lock = openSync(`${engine.paths.runDirectory}/networks.lock`, 'a+', 0o600);
  try {
    await linux.waitLock(lock, true);
    return await action();
  } finally {
    linux.unlock(lock);
    closeSync(lock);
  }
}
