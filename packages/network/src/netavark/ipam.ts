/** Addresses that containers have, in a file of the run directory: a boot frees them all. */
import { closeSync, mkdirSync, openSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { linux } from '@lighter/linux/native';
import type { NetworkDefinition, NetworkSubnet } from '../definitions/definition.ts';
import { contains, formatAddress, lastAddress, parseAddress, parseSubnet } from '../definitions/ip.ts';
import { NetworkError } from '../errors.ts';

interface Pool {
  /** Given last: the next one is looked for behind it, so that an address rests before it is given again. */
  last?: string;
  /** Address → container. */
  readonly used: Record<string, string>;
}

/** Network name → subnet → pool. */
type Pools = Record<string, Record<string, Pool>>;

export class AddressPools {
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
  }

  /** An address of each subnet; the ones asked for where they lie in it. Those that the container has already stay its own. */
  allocate(network: NetworkDefinition, container: string, asked: readonly string[]): Promise<string[]> {
    for (const address of asked) {
      if (!network.subnets?.some(({ subnet }) => contains(parseSubnet(subnet), address))) {
        throw new NetworkError(
          'CONFIG_INVALID',
          `requested static ip ${address} not in any subnet on network ${network.name}`,
        );
      }
    }
    return this.#change((pools) => {
      const own = pools[network.name] ?? {};
      pools[network.name] = own;
      return (network.subnets ?? []).map((subnet) => {
        const pool: Pool = own[subnet.subnet] ?? { used: {} };
        own[subnet.subnet] = pool;
        const wanted = asked.find((address) => contains(parseSubnet(subnet.subnet), address));
        const address = wanted === undefined ? nextAddress(subnet, pool) : checked(wanted, pool, container);
        pool.used[address] = container;
        if (wanted === undefined) pool.last = address;
        return address;
      });
    });
  }

  /** Addresses of a container in one network. */
  ownedBy(networkName: string, container: string): Promise<string[]> {
    return this.#change((pools) =>
      Object.values(pools[networkName] ?? {}).flatMap(({ used }) =>
        Object.entries(used).flatMap(([address, owner]) => (owner === container ? [address] : [])),
      ),
    );
  }

  release(networkName: string, container: string): Promise<void> {
    return this.#change((pools) => {
      for (const pool of Object.values(pools[networkName] ?? {})) {
        for (const [address, owner] of Object.entries(pool.used)) if (owner === container) delete pool.used[address];
      }
    });
  }

  forget(networkName: string): Promise<void> {
    return this.#change((pools) => {
      delete pools[networkName];
    });
  }

  async #change<T>(change: (pools: Pools) => T): Promise<T> {
    mkdirSync(this.#directory, { recursive: true, mode: 0o700 });
    const path = `${this.#directory}/lighter-ipam.json`;
    const lock = openSync(`${path}.lock`, 'a+', 0o600);
    try {
      await linux.waitLock(lock, true);
      const pools = read(path);
      const result = change(pools);
      writeFileSync(`${path}.new`, JSON.stringify(pools), { mode: 0o600 });
      renameSync(`${path}.new`, path);
      return result;
    } finally {
      linux.unlock(lock);
      closeSync(lock);
    }
  }
}

function read(path: string): Pools {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Pools;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {};
    throw error;
  }
}

function checked(address: string, pool: Pool, container: string): string {
  const { version, value } = parseAddress(address);
  const clean = formatAddress(version, value);
  const owner = pool.used[clean];
  if (owner !== undefined && owner !== container) {
    throw new NetworkError(
      'ADDRESS_IN_USE',
      `IPAM error: requested ip address ${clean} is already allocated to container ID ${owner}`,
    );
  }
  return clean;
}

function nextAddress({ subnet: text, gateway, lease_range }: NetworkSubnet, pool: Pool): string {
  const subnet = parseSubnet(text);
  const { version } = subnet;
  const first = lease_range?.start_ip ? parseAddress(lease_range.start_ip).value : subnet.base + 1n;
  const lastOfNetwork = version === 4 ? lastAddress(subnet) - 1n : lastAddress(subnet);
  const last = lease_range?.end_ip ? parseAddress(lease_range.end_ip).value : lastOfNetwork;
  const before = pool.last === undefined ? first - 1n : parseAddress(pool.last).value;
  let candidate = before >= first && before < last ? before + 1n : first;
  const begin = candidate;
  do {
    const address = formatAddress(version, candidate);
    const reserved =
      address === gateway || candidate === subnet.base || (version === 4 && candidate === lastAddress(subnet));
    if (!reserved && !Object.hasOwn(pool.used, address)) return address;
    candidate = candidate >= last ? first : candidate + 1n;
  } while (candidate !== begin);
  throw new NetworkError(
    'ADDRESS_IN_USE',
    `IPAM error: failed to find free IP in range: ${formatAddress(version, first)} - ${formatAddress(version, last)}`,
  );
}
