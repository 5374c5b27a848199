/** A new network from what the user asks for: name, bridge, subnets that nothing else has. */
import { networkInterfaces } from 'node:os';
import { randomBytes } from '@lighter/linux/random';
import { goTime } from '@lighter/spec/go-json';
import { NetworkError } from '../errors.ts';
import type { NetworkDefinition, NetworkRoute, NetworkSubnet } from './definition.ts';
import {
  contains,
  formatAddress,
  formatSubnet,
  lastAddress,
  overlap,
  parseAddress,
  parseSubnet,
  type Subnet,
} from './ip.ts';

export interface NewNetwork {
  /** Default: `podmanN`. */
  readonly name?: string;
  readonly driver: string;
  readonly interfaceName?: string;
  readonly subnets: readonly NetworkSubnet[];
  readonly routes: readonly NetworkRoute[];
  readonly ipv6: boolean;
  readonly internal: boolean;
  readonly dns: boolean;
  readonly dnsServers: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
  readonly options: Readonly<Record<string, string>>;
  /** `host-local`, `dhcp` or `none`; '' is what the driver has by default. */
  readonly ipamDriver: string;
}

export interface NetworkSurroundings {
  readonly existing: readonly NetworkDefinition[];
  /** Beginning of names of bridges: `podman`, with CNI `cni-podman`. */
  readonly bridgePrefix: string;
  /** Where IPv4 subnets are taken from. */
  readonly pools: readonly { readonly base: string; readonly size: number }[];
}

/** containers.conf(5), `default_subnet_pools`. */
export const defaultPools: NetworkSurroundings['pools'] = [
  { base: '10.89.0.0/16', size: 24 },
  { base: '10.90.0.0/15', size: 24 },
  { base: '10.92.0.0/14', size: 24 },
  { base: '10.96.0.0/11', size: 24 },
  { base: '10.128.0.0/9', size: 24 },
];

const reserved = new Set([
  'host',
  'none',
  'bridge',
  'default',
  'private',
  'ns',
  'container',
  'pasta',
  'slirp4netns',
  'pod',
]);
const bridgeOptions = new Set(
  'mtu vlan isolate metric no_default_route vrf mode com.docker.network.driver.mtu com.docker.network.bridge.name'.split(
    ' ',
  ),
);

/** Throws NetworkError `NETWORK_EXISTS` and `CONFIG_INVALID`. */
export function newNetwork(request: NewNetwork, surroundings: NetworkSurroundings): NetworkDefinition {
  const { existing } = surroundings;
  const name =
    request.name ?? freeName('podman', new Set(existing.flatMap((one) => [one.name, one.network_interface ?? ''])));
  checkName(name, existing);
  if (!['bridge', 'macvlan', 'ipvlan'].includes(request.driver)) {
    throw new NetworkError(
      'CONFIG_INVALID',
      `could not find driver or plugin ${JSON.stringify(request.driver)}: invalid argument`,
    );
  }
  const isBridge = request.driver === 'bridge';
  if (isBridge) checkBridgeOptions(request.options);
  const wantsDhcp = !isBridge && request.subnets.length === 0 && request.ipamDriver === '';
  const ipam = request.ipamDriver || (wantsDhcp ? 'dhcp' : 'host-local');
  if (wantsDhcp && request.driver === 'ipvlan') {
    throw new NetworkError('CONFIG_INVALID', 'ipam driver dhcp is not supported with ipvlan: name a subnet');
  }
  const subnets = ipam === 'host-local' ? completeSubnets(request, surroundings) : [];
  const interfaceName =
    request.interfaceName ??
    request.options['com.docker.network.bridge.name'] ??
    (isBridge ? freeBridge(surroundings) : request.options['parent']);
  if (interfaceName !== undefined) checkInterface(interfaceName, isBridge, existing);
  return {
    name,
    id: Buffer.from(randomBytes(32)).toString('hex'),
    driver: request.driver,
    ...(interfaceName === undefined ? {} : { network_interface: interfaceName }),
    created: goTime(new Date(), Number(process.hrtime.bigint() % 1_000_000n)),
    ...(subnets.length > 0 ? { subnets } : {}),
    ...(request.routes.length > 0 ? { routes: request.routes } : {}),
    ipv6_enabled: request.ipv6 || subnets.some(({ subnet }) => subnet.includes(':')),
    internal: request.internal,
    dns_enabled: isBridge && request.dns && ipam === 'host-local',
    ...(request.dnsServers.length > 0 ? { network_dns_servers: request.dnsServers } : {}),
    ...(Object.keys(request.labels).length > 0 ? { labels: request.labels } : {}),
    ...(Object.keys(request.options).length > 0 ? { options: request.options } : {}),
    ipam_options: { driver: ipam },
  };
}

function checkName(name: string, existing: readonly NetworkDefinition[]): void {
  if (!/^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/.test(name)) {
    throw new NetworkError(
      'CONFIG_INVALID',
      `network name ${name} invalid: names must match [a-zA-Z0-9][a-zA-Z0-9_.-]*: invalid argument`,
    );
  }
  if (reserved.has(name)) {
    throw new NetworkError(
      'CONFIG_INVALID',
      `cannot create network with name ${JSON.stringify(name)} because it conflicts with a valid network mode: invalid argument`,
    );
  }
  if (existing.some((network) => network.name === name)) {
    throw new NetworkError('NETWORK_EXISTS', `network name ${name} already used: network already exists`);
  }
}

function checkBridgeOptions(options: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(options)) {
    if (!bridgeOptions.has(name))
      throw new NetworkError('CONFIG_INVALID', `unsupported bridge network option ${name}: invalid argument`);
    if ((name === 'mtu' || name === 'vlan' || name === 'metric') && !/^\d+$/.test(value)) {
      throw new NetworkError('CONFIG_INVALID', `invalid ${name} ${JSON.stringify(value)}: invalid argument`);
    }
  }
}

function checkInterface(name: string, isBridge: boolean, existing: readonly NetworkDefinition[]): void {
  if (name.length > 15 || /[/:\s]/.test(name)) {
    throw new NetworkError(
      'CONFIG_INVALID',
      `interface name ${name} invalid: it must have 1 to 15 characters without '/', ':' and blanks: invalid argument`,
    );
  }
  if (isBridge && existing.some((network) => network.network_interface === name)) {
    throw new NetworkError('CONFIG_INVALID', `bridge name ${name} already in use: invalid argument`);
  }
  if (!isBridge && !(name in networkInterfaces())) {
    throw new NetworkError('CONFIG_INVALID', `parent interface ${name} does not exist: invalid argument`);
  }
}

function freeBridge({ existing, bridgePrefix }: NetworkSurroundings): string {
  return freeName(
    bridgePrefix,
    new Set([
      ...existing.flatMap((one) => [one.name, one.network_interface ?? '']),
      ...Object.keys(networkInterfaces()),
    ]),
  );
}

function freeName(prefix: string, taken: ReadonlySet<string>): string {
  for (let number = 1; ; number++) if (!taken.has(`${prefix}${number}`)) return `${prefix}${number}`;
}

function completeSubnets(request: NewNetwork, { existing, pools }: NetworkSurroundings): NetworkSubnet[] {
  const used = [
    ...existing.flatMap(({ subnets = [] }) => subnets.map(({ subnet }) => parseSubnet(subnet))),
    ...Object.values(networkInterfaces()).flatMap((addresses) =>
      (addresses ?? []).flatMap(({ cidr, internal }) => (cidr && !internal ? [parseSubnet(cidr)] : [])),
    ),
  ];
  const own: Subnet[] = [];
  const subnets = request.subnets.map((asked) => {
    const subnet = parseSubnet(asked.subnet);
    const text = formatSubnet(subnet);
    if (own.some((other) => overlap(other, subnet))) {
      throw new NetworkError('CONFIG_INVALID', `duplicate or overlapping subnet ${text}: invalid argument`);
    }
    if (used.some((other) => overlap(other, subnet))) {
      throw new NetworkError('CONFIG_INVALID', `subnet ${text} is already used on the host or by another config`);
    }
    own.push(subnet);
    return completeSubnet({ ...asked, subnet: text }, subnet, request);
  });
  const has = (version: 4 | 6) => own.some((subnet) => subnet.version === version);
  const add = (subnet: Subnet) => subnets.push(completeSubnet({ subnet: formatSubnet(subnet) }, subnet, request));
  if (own.length === 0 || (request.ipv6 && !has(4))) add(freeSubnet(pools, used));
  if (request.ipv6 && !has(6)) add(freeIpv6(used));
  return subnets;
}

function completeSubnet(asked: NetworkSubnet, subnet: Subnet, { internal, dns }: NewNetwork): NetworkSubnet {
  const inside = (address: string | undefined, what: string) => {
    if (address !== undefined && !contains(subnet, address)) {
      throw new NetworkError('CONFIG_INVALID', `${what} ${address} not in subnet ${asked.subnet}: invalid argument`);
    }
  };
  inside(asked.gateway, 'gateway');
  inside(asked.lease_range?.start_ip, 'lease range start ip');
  inside(asked.lease_range?.end_ip, 'lease range end ip');
  // Where nothing leads out and no name server listens, no gateway is needed.
  const gateway = asked.gateway ?? (internal && !dns ? undefined : formatAddress(subnet.version, subnet.base + 1n));
  return { ...asked, ...(gateway === undefined ? {} : { gateway }) };
}

function freeSubnet(pools: NetworkSurroundings['pools'], used: readonly Subnet[]): Subnet {
  for (const { base, size } of pools) {
    const pool = parseSubnet(base);
    const step = 1n << BigInt(32 - size);
    for (let start = pool.base; start <= lastAddress(pool); start += step) {
      const candidate: Subnet = { version: 4, base: start, length: size };
      if (!used.some((other) => overlap(other, candidate))) return candidate;
    }
  }
  throw new NetworkError('CONFIG_INVALID', 'could not find free subnet from subnet pools');
}

/** RFC 4193: a random /64 below fd00::/8. */
function freeIpv6(used: readonly Subnet[]): Subnet {
  for (;;) {
    const random = Buffer.from(randomBytes(7)).toString('hex');
    const candidate: Subnet = { version: 6, base: BigInt(`0xfd${random}`) << 64n, length: 64 };
    if (!used.some((other) => overlap(other, candidate))) return candidate;
  }
}

/** `--ip-range`: a subnet, or two addresses with a dash. */
export function leaseRange(text: string): NonNullable<NetworkSubnet['lease_range']> {
  if (text.includes('/')) {
    const range = parseSubnet(text);
    return {
      start_ip: formatAddress(range.version, range.base + 1n),
      end_ip: formatAddress(range.version, lastAddress(range)),
    };
  }
  const [start = '', end = ''] = text.split('-');
  return {
    start_ip: formatAddress(parseAddress(start).version, parseAddress(start).value),
    end_ip: formatAddress(parseAddress(end).version, parseAddress(end).value),
  };
}
