/** In which cgroup a container and its conmon run. */
import { existsSync } from 'node:fs';
import type { ContainersConf } from '@lighter/config/containers';
import type { HostFacts } from '@lighter/runtime/spec/request';
import { ContainerError } from './errors.ts';
import type { NewContainer } from './options.ts';

export interface CgroupPlacement {
  readonly manager: 'cgroupfs' | 'systemd';
  readonly enabled: boolean;
  /** `linux.cgroupsPath`. */
  readonly path: string;
  /** cgroupfs path for conmon. */
  readonly conmon?: string;
}

export function cgroupPlacement(request: NewContainer, conf: ContainersConf, host: HostFacts): CgroupPlacement {
  const { options, id } = request;
  const manager = request.cgroupManager ?? configuredManager(conf, host);
  const mode = options.cgroups ?? (host.rootless && host.cgroupVersion === 1 ? 'disabled' : conf.containers.cgroups);
  if (mode !== 'enabled' && mode !== 'disabled' && mode !== 'no-conmon') {
    throw new ContainerError('INVALID', `cgroups mode "${mode}" is not supported yet`);
  }
  if (mode === 'disabled') return { manager, enabled: false, path: '' };
  if (manager === 'systemd') {
    const slice = options.cgroupParent ?? (host.rootless ? 'user.slice' : 'machine.slice');
    if (!slice.endsWith('.slice')) {
      throw new ContainerError(
        'INVALID',
        'did not receive systemd slice as cgroup parent when using systemd to manage cgroups: invalid argument',
      );
    }
    return { manager, enabled: true, path: `${slice}:libpod:${id}` };
  }
  if (options.cgroupParent?.endsWith('.slice')) {
    throw new ContainerError(
      'INVALID',
      'systemd slice received as cgroup parent when using cgroupfs: invalid argument',
    );
  }
  if (host.rootless && options.cgroupParent === undefined) return { manager, enabled: true, path: '' };
  const parent = `/${(options.cgroupParent ?? 'libpod_parent').split('/').filter(Boolean).join('/')}`;
  return {
    manager,
    enabled: true,
    path: `${parent}/libpod-${id}`,
    ...(mode === 'no-conmon' || host.rootless ? {} : { conmon: `${parent}/conmon` }),
  };
}

/** systemd where it is the init system and, rootless, has a session for the user. */
function configuredManager(conf: ContainersConf, host: HostFacts): 'cgroupfs' | 'systemd' {
  const configured = conf.engine.cgroup_manager;
  if (configured === 'cgroupfs') return 'cgroupfs';
  if (configured !== '' && configured !== 'systemd') {
    throw new ContainerError('INVALID', `unsupported cgroup manager ${configured}: invalid argument`);
  }
  const running = existsSync('/run/systemd/system');
  const session =
    process.env['DBUS_SESSION_BUS_ADDRESS'] !== undefined || existsSync(`${process.env['XDG_RUNTIME_DIR']}/bus`);
  if (host.rootless) return host.cgroupVersion === 2 && running && session ? 'systemd' : 'cgroupfs';
  return running || configured === 'systemd' ? 'systemd' : 'cgroupfs';
}
