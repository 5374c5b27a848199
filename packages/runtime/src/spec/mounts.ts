/** The mounts every container has, and how the user's change them. */
import type { Mount } from '@lighter/spec/runtime';
import type { HostFacts, SpecRequest, UserMount } from './request.ts';

/** Mounts of a container in the order podman writes them, before the generated files of its start are added. */
export function containerMounts(request: SpecRequest, host: HostFacts): Mount[] {
  const taken = new Set(request.mounts.map((mount) => mount.destination));
  const mounts = defaultMounts(request, host).filter(
    ({ destination }) => !taken.has(destination) && !(taken.has('/dev') && destination.startsWith('/dev/')),
  );
  mounts.push(...readOnlyTmpfs(request, taken), ...request.mounts.map(toMount));
  if (request.initPath !== undefined) {
    mounts.push({
      destination: '/run/podman-init',
      type: 'bind',
      source: request.initPath,
      options: ['bind', 'ro', 'rprivate'],
    });
  }
  return sortMounts(mounts);
}

/** Parents come before what is mounted below them; otherwise the order stays. */
export function sortMounts(mounts: readonly Mount[]): Mount[] {
  const depth = (path: string) => path.split('/').filter(Boolean).length;
  return mounts.toSorted((a, b) => depth(a.destination) - depth(b.destination));
}

function defaultMounts(request: SpecRequest, host: HostFacts): Mount[] {
  const { namespaces, privileged } = request;
  const hasUserNamespace = namespaces.user.mode !== 'host';
  const inUserNamespace = hasUserNamespace || host.rootless;
  const mounts: Mount[] = [];

  if (namespaces.pid.mode === 'host' && inUserNamespace) {
    mounts.push(bind('/proc', ['rbind', 'nosuid', 'noexec', 'nodev']));
  } else {
    mounts.push({
      destination: '/proc',
      type: 'proc',
      source: 'proc',
      options: [...(request.security.procOptions ?? ['nosuid', 'noexec', 'nodev'])],
    });
  }
  mounts.push({
    destination: '/dev',
    type: 'tmpfs',
    source: 'tmpfs',
    options: [
      ...['nosuid', 'noexec', 'strictatime', 'mode=755', 'size=65536k'],
      ...(request.readOnly && request.readOnlyTmpfs === false ? ['ro'] : []),
    ],
  });
  mounts.push({
    destination: '/dev/pts',
    type: 'devpts',
    source: 'devpts',
    options: [
      ...['nosuid', 'noexec', 'newinstance', 'ptmxmode=0666', 'mode=0620'],
      ...(hasTtyGroup(request, host) ? ['gid=5'] : []),
    ],
  });
  if (host.hasMqueue) {
    mounts.push(
      namespaces.ipc.mode === 'host' && inUserNamespace
        ? bind('/dev/mqueue', ['bind', 'nosuid', 'noexec', 'nodev'])
        : {
            destination: '/dev/mqueue',
            type: 'mqueue',
            source: 'mqueue',
            options: ['nosuid', 'noexec', 'nodev'],
          },
    );
  }
  mounts.push(...systemMounts(privileged, canMountSysfs(request, host), request.security.unmask ?? []));
  return mounts;
}

/** A new sysfs shows the network namespace's devices: only its owner may mount one. */
export function canMountSysfs(request: SpecRequest, host: HostFacts): boolean {
  const { network, user } = request.namespaces;
  if (network.mode === 'host') return !host.rootless && user.mode === 'host';
  return user.mode === 'host' || (network.mode === 'private' && !network.pinned);
}

function systemMounts(privileged: boolean, ownSysfs: boolean, unmask: readonly string[]): Mount[] {
  const access = privileged ? 'rw' : 'ro';
  const cgroupAccess = privileged || unmask.some((name) => name === 'ALL' || name === '/sys/fs/cgroup') ? 'rw' : 'ro';
  const cgroupOptions = ['rprivate', 'nosuid', 'noexec', 'nodev', 'relatime', cgroupAccess];
  if (!ownSysfs) {
    return [
      bind('/sys', ['rprivate', 'nosuid', 'noexec', 'nodev', access, 'rbind']),
      { destination: '/sys/fs/cgroup', type: 'cgroup', source: '/sys/fs/cgroup', options: cgroupOptions },
    ];
  }
  const own = privileged ? ['rprivate', 'nosuid', 'noexec', 'nodev', 'rw'] : ['nosuid', 'noexec', 'nodev', 'ro'];
  return [
    { destination: '/sys', type: 'sysfs', source: 'sysfs', options: own },
    { destination: '/sys/fs/cgroup', type: 'cgroup', source: 'cgroup', options: cgroupOptions },
  ];
}

function hasTtyGroup(request: SpecRequest, host: HostFacts): boolean {
  const { gidMap } = request.namespaces.user;
  if (!gidMap) return host.hasTtyGroup;
  return gidMap.some(({ containerID, size }) => containerID <= 5 && 5 < containerID + size);
}

function readOnlyTmpfs(request: SpecRequest, taken: ReadonlySet<string>): Mount[] {
  if (!request.readOnly || request.readOnlyTmpfs === false) return [];
  return ['/run', '/tmp', '/var/tmp']
    .filter((destination) => !taken.has(destination))
    .map((destination) => ({
      destination,
      type: 'tmpfs',
      source: 'tmpfs',
      options: ['rw', 'rprivate', 'nosuid', 'nodev', 'tmpcopyup'],
    }));
}

function bind(path: string, options: string[]): Mount {
  return { destination: path, type: 'bind', source: path, options };
}

function toMount({ type, source, destination, options }: UserMount): Mount {
  return { destination, type, source: source ?? type, options: [...options] };
}
