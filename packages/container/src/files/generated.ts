/** The files that a start makes in the run directory, and their binds into the container. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import type { NetworkStatus } from '@lighter/network/types';
import type { Mount } from '@lighter/spec/runtime';
import type { ContainerConfig, ContainerPaths } from '../config.ts';
import { pathKind, readTextFile } from '../rootfs.ts';
import { containerEnvFile } from './containerenv.ts';
import { hostsFile } from './hosts.ts';
import { resolvConf } from './resolv-conf.ts';

export interface GeneratedInput {
  readonly config: ContainerConfig;
  readonly paths: ContainerPaths;
  /** Descriptor of the container's root file system. */
  readonly root: number;
  readonly network: NetworkStatus | undefined;
}

/** Writes the files and returns the binds, in podman's order. */
export function makeGeneratedFiles(input: GeneratedInput): Mount[] {
  const { config, paths } = input;
  const mounts: Mount[] = [];
  const add = (name: string, destination: string, content: string) => {
    const source = `${paths.runDirectory}/${name}`;
    writeFileSync(source, content, { mode: 0o644 });
    const readOnly = config.readOnly ? ['ro', 'nosuid', 'noexec', 'nodev'] : [];
    mounts.push({ destination, type: 'bind', source, options: ['bind', 'rprivate', ...readOnly] });
  };
  if (config.network.mode === 'container') mounts.push(...othersFiles(config, config.network.files));
  else if (config.network.mode !== 'path') {
    const dns = config.network.mode === 'none' || config.dns.keepImage ? undefined : makeResolvConf(input);
    if (dns !== undefined) add('resolv.conf', '/etc/resolv.conf', dns);
    if (!config.hosts.disabled) add('hosts', '/etc/hosts', makeHosts(input));
  }
  mounts.push(...shmMounts(config, paths));
  if (isWritableRun(input)) add('.containerenv', '/run/.containerenv', containerEnvFile(config));
  if (!config.noHostname) add('hostname', '/etc/hostname', `${config.hostname}\n`);
  return mounts;
}

/** Who shares a network shares its names. */
function othersFiles(config: ContainerConfig, directory: string): Mount[] {
  const readOnly = config.readOnly ? ['ro', 'nosuid', 'noexec', 'nodev'] : [];
  return ['resolv.conf', ...(config.hosts.disabled ? [] : ['hosts'])].flatMap((name) => {
    const source = `${directory}/${name}`;
    if (!existsSync(source)) return [];
    return [{ destination: `/etc/${name}`, type: 'bind', source, options: ['bind', 'rprivate', ...readOnly] }];
  });
}

/** Writes /etc/hosts again, in place: the container has the file mounted. */
export function rewriteHosts(input: GeneratedInput): void {
  if (input.config.hosts.disabled) return;
  writeFileSync(`${input.paths.runDirectory}/hosts`, makeHosts(input));
}

/** A user's own /run, other than a tmpfs, stays as it is. */
function isWritableRun({ config, root }: GeneratedInput): boolean {
  const run = config.spec.mounts?.findLast(({ destination }) => destination === '/run');
  return run ? run.type === 'tmpfs' : pathKind(root, '/run') !== 'other';
}

function makeHosts({ config, root, network }: GeneratedInput): string {
  const { base, entries, hostAddress } = config.hosts;
  const address = hostAddressOf(config, hostAddress, network);
  return hostsFile({
    base:
      base === 'none' ? '' : base === 'image' ? readTextFile(root, '/etc/hosts') : readIfThere(base || '/etc/hosts'),
    entries,
    ...(address === undefined ? {} : { hostAddress: address }),
    own: ownAddresses(config, network),
    names: [...new Set([config.hostname, config.name])].filter(Boolean),
  });
}

/** The first address of each interface; without a network the names lead to the container itself. */
function ownAddresses(config: ContainerConfig, network: NetworkStatus | undefined): string[] {
  if (config.network.mode === 'host') return [];
  if (!network) return ['127.0.0.1'];
  return network.interfaces.flatMap(({ addresses }) => addresses.map((address) => address.replace(/\/\d+$/, '')));
}

function hostAddressOf(
  config: ContainerConfig,
  configured: string,
  network: NetworkStatus | undefined,
): string | undefined {
  if (configured === 'none') return undefined;
  if (configured !== '') return configured;
  if (config.network.mode === 'host') return '127.0.0.1';
  if (network?.hostAddress !== undefined) return network.hostAddress;
  // The gateway of a user-space network doesn't lead to the host.
  if (config.network.mode === 'user') return outsideAddress();
  const gateways = network?.interfaces.flatMap((one) => one.gateways) ?? [];
  return gateways.find((gateway) => !gateway.includes(':')) ?? gateways[0];
}

/** An address of the host that its user-space networks reach as they do any other machine. */
function outsideAddress(): string | undefined {
  const addresses = Object.values(networkInterfaces()).flatMap((one) => one ?? []);
  return addresses.find(({ internal, family }) => !internal && family === 'IPv4')?.address;
}

function makeResolvConf({ config, network }: GeneratedInput): string {
  return resolvConf({
    host: readIfThere(hostResolvConf()),
    servers: config.dns.servers,
    search: config.dns.search,
    options: config.dns.options,
    networkServers: network?.dnsServers ?? [],
    networkSearch: network?.dnsSearch ?? [],
    ...(network?.dnsForwarder === undefined ? {} : { forwarder: network.dnsForwarder }),
    ownNamespace: config.network.mode !== 'host',
    hasIpv6: network?.interfaces.some(({ addresses }) => addresses.some((address) => address.includes(':'))) ?? false,
  });
}

const SYSTEMD_RESOLVED = '/run/systemd/resolve/resolv.conf';

/** With systemd-resolved the host's file holds only its stub on the loopback. */
function hostResolvConf(): string {
  const servers = [...readIfThere('/etc/resolv.conf').matchAll(/^nameserver\s+(\S+)/gm)].map((match) => match[1]);
  const stub = servers.length === 1 && servers[0] === '127.0.0.53';
  return stub && existsSync(SYSTEMD_RESOLVED) ? SYSTEMD_RESOLVED : '/etc/resolv.conf';
}

function shmMounts({ shm }: ContainerConfig, { bundle }: ContainerPaths): Mount[] {
  const options = ['nosuid', 'noexec', 'nodev'];
  switch (shm.mode) {
    case 'none':
      return [];
    case 'private':
      return [
        {
          destination: '/dev/shm',
          type: 'tmpfs',
          source: 'shm',
          options: [...options, 'mode=1777', `size=${shm.size}`],
        },
      ];
    case 'shareable':
    case 'host':
      return [
        {
          destination: '/dev/shm',
          type: 'bind',
          source: shm.mode === 'host' ? (shm.source ?? '/dev/shm') : `${bundle}/shm`,
          options: ['bind', 'rprivate', ...options],
        },
      ];
  }
}

function readIfThere(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  }
}
