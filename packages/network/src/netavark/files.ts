/** Network files: `<name>.json`, one a network, as the Go tool writes them. */
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { DEFAULT_NETWORK, DEFAULT_NETWORK_ID, type NetworkDefinition } from '../definitions/definition.ts';
import { formatAddress, parseSubnet } from '../definitions/ip.ts';

/** Files that aren't what they should be are passed over. */
export function readNetworks(directory: string, defaultSubnet: string): NetworkDefinition[] {
  const networks = fileNames(directory).flatMap((file) => {
    const network = readNetwork(`${directory}/${file}`);
    return network && `${network.name}.json` === file && /^[0-9a-f]{64}$/.test(network.id) ? [network] : [];
  });
  if (networks.some(({ name }) => name === DEFAULT_NETWORK)) return networks;
  return [...networks, defaultDefinition(defaultSubnet)];
}

export function writeNetwork(directory: string, network: NetworkDefinition): void {
  mkdirSync(directory, { recursive: true, mode: 0o755 });
  const path = `${directory}/${network.name}.json`;
  writeFileSync(`${path}.new`, `${JSON.stringify(network, undefined, 5)}\n`, { mode: 0o644 });
  renameSync(`${path}.new`, path);
}

export function removeNetwork(directory: string, name: string): void {
  rmSync(`${directory}/${name}.json`, { force: true });
}

function defaultDefinition(subnet: string): NetworkDefinition {
  const { version, base } = parseSubnet(subnet);
  return {
    name: DEFAULT_NETWORK,
    id: DEFAULT_NETWORK_ID,
    driver: 'bridge',
    network_interface: 'podman0',
    created: new Date().toISOString(),
    subnets: [{ subnet, gateway: formatAddress(version, base + 1n) }],
    ipv6_enabled: version === 6,
    internal: false,
    dns_enabled: false,
    ipam_options: { driver: 'host-local' },
  };
}

function fileNames(directory: string): string[] {
  try {
    return readdirSync(directory)
      .filter((name) => name.endsWith('.json'))
      .sort();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

function readNetwork(path: string): NetworkDefinition | undefined {
  try {
    const network = JSON.parse(readFileSync(path, 'utf8')) as NetworkDefinition;
    return typeof network.name === 'string' && typeof network.id === 'string' ? network : undefined;
  } catch {
    return undefined;
  }
}
