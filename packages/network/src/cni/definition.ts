/** CNI configuration files as networks, and networks as CNI configuration files the way the Go tool writes them. */
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import type { CniNetworkList, CniPluginConfig } from '@lighter/spec/cni';
import type { NetworkDefinition, NetworkSubnet } from '../definitions/definition.ts';
import { NetworkError } from '../errors.ts';

interface HostLocal {
  readonly type?: string;
  readonly ranges?: readonly (readonly {
    subnet: string;
    gateway?: string;
    rangeStart?: string;
    rangeEnd?: string;
  }[])[];
  readonly subnet?: string;
  readonly gateway?: string;
  readonly routes?: readonly { dst: string }[];
}

/** The id is made of the name, as CNI files have none. `path`: its file, whose age is the network's. */
export function definitionOf(list: CniNetworkList, path?: string): NetworkDefinition {
  const main = list.plugins[0] as CniPluginConfig;
  const ipam = (main['ipam'] ?? {}) as HostLocal;
  const args = (list['args'] ?? {}) as {
    podman_labels?: Record<string, string>;
    podman_options?: Record<string, string>;
  };
  const ranges =
    ipam.ranges ?? (ipam.subnet ? [[{ subnet: ipam.subnet, ...(ipam.gateway ? { gateway: ipam.gateway } : {}) }]] : []);
  const subnets: NetworkSubnet[] = ranges.flatMap((range) =>
    range.map(({ subnet, gateway, rangeStart, rangeEnd }) => ({
      subnet,
      ...(gateway ? { gateway } : {}),
      ...(rangeStart || rangeEnd
        ? {
            lease_range: { ...(rangeStart ? { start_ip: rangeStart } : {}), ...(rangeEnd ? { end_ip: rangeEnd } : {}) },
          }
        : {}),
    })),
  );
  const device = main['bridge'] ?? main['master'];
  return {
    name: list.name,
    id: createHash('sha256').update(list.name).digest('hex'),
    driver: main.type,
    ...(typeof device === 'string' ? { network_interface: device } : {}),
    created: (path === undefined ? new Date() : statSync(path).mtime).toISOString(),
    ...(subnets.length > 0 ? { subnets } : {}),
    ipv6_enabled: subnets.some(({ subnet }) => subnet.includes(':')),
    internal: main.type === 'bridge' && !main['isGateway'],
    dns_enabled: list.plugins.some(({ type }) => type === 'dnsname'),
    ...(args.podman_labels ? { labels: args.podman_labels } : {}),
    ...(args.podman_options ? { options: args.podman_options } : {}),
    ipam_options: { driver: ipam.type ?? 'none' },
  };
}

/** `hasPlugin`: which optional plugins are installed. Throws NetworkError `UNSUPPORTED` for what CNI can't do. */
export function cniListOf(network: NetworkDefinition, hasPlugin: (type: string) => boolean): CniNetworkList {
  if (network.routes?.length)
    throw new NetworkError('UNSUPPORTED', 'static routes are not supported by the network backend cni');
  if (network.network_dns_servers?.length)
    throw new NetworkError('UNSUPPORTED', 'DNS servers of a network are not supported by the network backend cni');
  const options = network.options ?? {};
  const unknown = Object.keys(options).find((name) => !['mtu', 'vlan', 'mode', 'parent'].includes(name));
  if (unknown !== undefined)
    throw new NetworkError('UNSUPPORTED', `unsupported ${network.driver} network option ${unknown}`);
  const number = (name: 'mtu' | 'vlan') => (options[name] === undefined ? {} : { [name]: Number(options[name]) });
  const main: CniPluginConfig =
    network.driver === 'bridge'
      ? {
          type: 'bridge',
          bridge: network.network_interface,
          isGateway: !network.internal,
          ipMasq: !network.internal,
          hairpinMode: true,
          ...number('mtu'),
          ...number('vlan'),
          ipam: ipamOf(network),
          capabilities: { ips: true },
        }
      : {
          type: network.driver,
          ...(network.network_interface === undefined ? {} : { master: network.network_interface }),
          ...(options['mode'] === undefined ? {} : { mode: options['mode'] }),
          ...number('mtu'),
          ipam: ipamOf(network),
          capabilities: { ips: true },
        };
  const further: CniPluginConfig[] =
    network.driver !== 'bridge'
      ? []
      : [
          { type: 'portmap', capabilities: { portMappings: true } },
          { type: 'firewall', backend: '' },
          { type: 'tuning', capabilities: { mac: true } },
          ...(network.dns_enabled && hasPlugin('dnsname')
            ? [{ type: 'dnsname', domainName: 'dns.podman', capabilities: { aliases: true } }]
            : []),
        ];
  return {
    ...(network.labels || network.options
      ? { args: { podman_labels: network.labels ?? {}, podman_options: network.options ?? {} } }
      : {}),
    cniVersion: '0.4.0',
    name: network.name,
    plugins: [main, ...further],
  };
}

function ipamOf({ subnets = [], internal, ipam_options = {} }: NetworkDefinition): object {
  if (ipam_options['driver'] === 'dhcp') return { type: 'dhcp' };
  if (subnets.length === 0) return {};
  const isIpv6 = (subnet: string) => subnet.includes(':');
  const routes = [
    ...(subnets.some(({ subnet }) => !isIpv6(subnet)) ? [{ dst: '0.0.0.0/0' }] : []),
    ...(subnets.some(({ subnet }) => isIpv6(subnet)) ? [{ dst: '::/0' }] : []),
  ];
  return {
    type: 'host-local',
    ...(internal ? {} : { routes }),
    ranges: subnets.map(({ subnet, gateway, lease_range }) => [
      {
        subnet,
        ...(gateway ? { gateway } : {}),
        ...(lease_range?.start_ip ? { rangeStart: lease_range.start_ip } : {}),
        ...(lease_range?.end_ip ? { rangeEnd: lease_range.end_ip } : {}),
      },
    ]),
  };
}

export function writeCniList(directory: string, list: CniNetworkList): void {
  mkdirSync(directory, { recursive: true, mode: 0o755 });
  const path = networkFile(directory, list.name) ?? `${directory}/${list.name}.conflist`;
  writeFileSync(`${path}.new`, JSON.stringify(list, undefined, 3), { mode: 0o644 });
  renameSync(`${path}.new`, path);
}

export function removeCniList(directory: string, name: string): void {
  const path = networkFile(directory, name);
  if (path !== undefined) rmSync(path, { force: true });
}

/** The file that describes a network. */
export function networkFile(directory: string, name: string): string | undefined {
  return fileNames(directory)
    .sort()
    .map((file) => `${directory}/${file}`)
    .find((path) => {
      try {
        return (JSON.parse(readFileSync(path, 'utf8')) as { name?: string }).name === name;
      } catch {
        return false;
      }
    });
}

function fileNames(directory: string): string[] {
  try {
    return readdirSync(directory).filter((name) => /\.(conflist|conf|json)$/.test(name));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
