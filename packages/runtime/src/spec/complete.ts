/** What the moment of the start adds to a container's template. */
import type { IdMapping, Mount, Spec } from '@lighter/spec/runtime';
import { defaultVariable } from './environment.ts';
import { joinedContainer, namespacePath } from './joined.ts';
import { sortMounts } from './mounts.ts';
import type { ContainerUser } from './user.ts';

export interface Moment {
  /** Where the root file system is mounted. */
  readonly rootPath: string;
  readonly user: ContainerUser;
  /** Binds of the files made for this start: /etc/hosts, /etc/resolv.conf, /dev/shm… */
  readonly generated: readonly Mount[];
  /** Path of the pinned network namespace, where there is one. */
  readonly networkNamespace?: string;
  /** Value of HOSTNAME. */
  readonly hostname: string;
  /** Processes of the containers whose namespaces are joined, by id. */
  readonly joined?: ReadonlyMap<string, number>;
  /** Variables known only now: secrets, LISTEN_FDS. */
  readonly env?: readonly string[];
}

/** A new configuration; the template stays as it is. Generated files give way to the user's own mounts. */
export function completeSpec(template: Spec, moment: Moment): Spec {
  const spec = structuredClone(template);
  spec.root = { ...spec.root, path: moment.rootPath };
  const taken = new Set((spec.mounts ?? []).map((mount) => mount.destination));
  const generated = moment.generated.filter(({ destination }) => !taken.has(destination));
  spec.mounts = sortMounts(insertGenerated(spec.mounts ?? [], generated));
  if (spec.process) {
    const env = [...(spec.process.env ?? []), ...(moment.env ?? [])];
    if (moment.user.home !== undefined) defaultVariable(env, 'HOME', moment.user.home);
    defaultVariable(env, 'HOSTNAME', moment.hostname);
    const { uid, gid } = moment.user;
    const additionalGids = moment.user.additionalGids.filter((one) => isMapped(one, spec.linux?.gidMappings));
    spec.process = {
      ...spec.process,
      env,
      user: { ...spec.process.user, uid, gid, ...(additionalGids.length > 0 ? { additionalGids } : {}) },
    };
  }
  if (moment.networkNamespace !== undefined) {
    for (const namespace of spec.linux?.namespaces ?? []) {
      if (namespace.type === 'network' && namespace.path === undefined) namespace.path = moment.networkNamespace;
    }
  }
  for (const namespace of spec.linux?.namespaces ?? []) {
    const pid = moment.joined?.get(joinedContainer(namespace.path) ?? '');
    if (pid !== undefined) namespace.path = namespacePath(pid, namespace.type);
  }
  return spec;
}

/** Groups that the container's user namespace doesn't have are left out: the kernel would refuse them all. */
function isMapped(id: number, map: readonly IdMapping[] | undefined): boolean {
  return !map || map.some(({ containerID, size }) => id >= containerID && id < containerID + size);
}

/** The cgroup mount stays behind the generated files, as podman has it. */
function insertGenerated(mounts: readonly Mount[], generated: readonly Mount[]): Mount[] {
  const last = mounts.findIndex(({ destination }) => destination === '/sys/fs/cgroup');
  const at = last < 0 ? mounts.length : last;
  return [...mounts.slice(0, at), ...generated, ...mounts.slice(at)];
}
