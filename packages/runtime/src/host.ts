/** Facts about this host and process, read from /proc and /sys without executing anything. */
import { readdirSync, readFileSync } from 'node:fs';
import { hostname, release } from 'node:os';
import { RLIMITS } from '@lighter/linux/constants';
import { rootlessUid } from '@lighter/linux/launched';
import { linux } from '@lighter/linux/native';
import { type CgroupMounts, readCgroupMounts } from './cgroups.ts';
import { capabilityNames } from './spec/capabilities.ts';
import type { HostFacts } from './spec/request.ts';

const seccompProfiles = ['/etc/containers/seccomp.json', '/usr/share/containers/seccomp.json'];
const TTY_GROUP = 5;

export interface HostFactOptions {
  /** containers.conf `seccomp_profile`: another file than the distribution's. */
  readonly seccompProfile?: string;
}

/** Everything is read when asked for: a container that needs no seccomp profile reads none. */
export function readHostFacts(options: HostFactOptions = {}): HostFacts {
  const cgroups = readCgroupMounts();
  const [major = 0, minor = 0] = release().split('.').map(Number);
  const rootless = rootlessUid() !== undefined;
  return {
    cgroupVersion: cgroups.version,
    controllers: controllers(cgroups),
    boundingCapabilities: capabilityNames(linux.capabilities().bounding),
    limit: (type) => linux.getrlimit(RLIMITS[type.replace('RLIMIT_', '')] ?? -1),
    rootless,
    architecture: goArchitecture(process.arch),
    kernel: [major, minor],
    hostname: hostname(),
    hasMqueue: /^nodev\s+mqueue$/m.test(text('/proc/filesystems') ?? ''),
    hasTtyGroup: isMapped(text('/proc/self/gid_map') ?? '', TTY_GROUP),
    oomScoreAdj: Number(text('/proc/self/oom_score_adj') ?? 0),
    thermalThrottlePaths: thermalThrottlePaths(),
    seccompProfile: () => readSeccompProfile(options.seccompProfile),
    apparmorProfiles,
  };
}

function readSeccompProfile(configured: string | undefined): string | undefined {
  if (configured) return readFileSync(configured, 'utf8');
  for (const path of seccompProfiles) {
    const profile = text(path);
    if (profile !== undefined) return profile;
  }
  return undefined;
}

function controllers(cgroups: CgroupMounts): ReadonlySet<string> {
  if (cgroups.version === 1) return new Set(cgroups.controllers.keys());
  return new Set((text(`${cgroups.unified ?? '/sys/fs/cgroup'}/cgroup.controllers`) ?? '').trim().split(' '));
}

/** user_namespaces(7): lines `inside outside count`. */
function isMapped(map: string, id: number): boolean {
  return map.split('\n').some((line) => {
    const [inside = 0, , count = 0] = line.trim().split(/\s+/).map(Number);
    return inside <= id && id < inside + count;
  });
}

function thermalThrottlePaths(): string[] {
  const directory = '/sys/devices/system/cpu';
  return list(directory)
    .filter((name) => /^cpu\d+$/.test(name) && list(`${directory}/${name}`).includes('thermal_throttle'))
    .map((name) => `${directory}/${name}/thermal_throttle`);
}

function apparmorProfiles(): ReadonlySet<string> | undefined {
  if (text('/sys/module/apparmor/parameters/enabled')?.trim() !== 'Y') return undefined;
  const profiles = text('/sys/kernel/security/apparmor/profiles') ?? '';
  return new Set(profiles.split('\n').map((line) => line.replace(/ \(\w+\)$/, '')));
}

function goArchitecture(name: string): string {
  const names: Readonly<Record<string, string>> = { x64: 'amd64', ia32: '386', ppc64: 'ppc64le', mipsel: 'mipsle' };
  return names[name] ?? name;
}

function text(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

function list(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}
