/** A container's namespaces from its options and containers.conf. */
import type { ContainersConf } from '@lighter/config/containers';
import { joinPath } from '@lighter/runtime/spec/joined';
import type { HostFacts, Namespaces } from '@lighter/runtime/spec/request';
import type { ContainerConfig } from './config.ts';
import { ContainerError } from './errors.ts';
import type { ContainerOptions } from './options.ts';

export function containerNamespaceModes(options: ContainerOptions, conf: ContainersConf, host: HostFacts): Namespaces {
  const { containers } = conf;
  const ipc: NonNullable<ContainerOptions['ipc']> = options.ipc ?? configuredIpc(containers.ipcns);
  return {
    pid: options.pid ?? configured('pidns', containers.pidns),
    ipc: isOwnIpc(ipc) ? { mode: 'private' } : ipc,
    uts: options.uts ?? configured('utsns', containers.utsns),
    network: networkNamespace(options),
    cgroup:
      options.cgroupns ?? (host.cgroupVersion === 2 ? configured('cgroupns', containers.cgroupns) : { mode: 'host' }),
    user: options.userns ?? { mode: 'host' },
  };
}

/** Where /dev/shm comes from. */
export function shmMode(options: ContainerOptions, conf: ContainersConf): ContainerConfig['shm']['mode'] {
  if (options.mounts?.some(({ destination }) => destination === '/dev/shm')) return 'none';
  const { mode } = options.ipc ?? configuredIpc(conf.containers.ipcns);
  if (options.shmSource !== undefined) return 'host';
  if (mode === 'path') throw new ContainerError('INVALID', 'an IPC namespace by path needs a mount on /dev/shm');
  return mode;
}

function networkNamespace({ network }: ContainerOptions): Namespaces['network'] {
  if (network.mode === 'host') return { mode: 'host' };
  if (network.mode === 'path') return { mode: 'path', path: network.path };
  if (network.mode === 'container') return { mode: 'path', path: joinPath(network.id) };
  return { mode: 'private', pinned: network.mode !== 'none' };
}

/** Differences between these concern /dev/shm only. */
function isOwnIpc(ipc: NonNullable<ContainerOptions['ipc']>): ipc is { readonly mode: 'shareable' | 'none' } {
  return ipc.mode === 'shareable' || ipc.mode === 'none';
}

function configured(key: string, value: string): { readonly mode: 'private' | 'host' } {
  if (value === '' || value === 'private') return { mode: 'private' };
  if (value === 'host') return { mode: 'host' };
  throw new ContainerError('INVALID', `containers.conf: ${key} "${value}" is not supported`);
}

function configuredIpc(value: string): { readonly mode: 'private' | 'host' | 'shareable' | 'none' } {
  return value === 'shareable' || value === 'none' ? { mode: value } : configured('ipcns', value);
}
