/**
 * The configuration a container gets, beside the one that the distribution's podman makes of the same options.
 * What differs between its version and the one we follow is taken out on both sides, by name.
 */
import assert from 'node:assert/strict';
import { globSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { readContainersConf } from '@lighter/config/containers';
import { type ContainerNetwork, type ContainerOptions, newContainerConfig, writeBundle } from '@lighter/container';
import { completeMount, parseMount, parseTmpfs, parseVolume } from '@lighter/runtime';
import type { ImageConfigParameters } from '@lighter/spec/oci-image';
import type { Spec } from '@lighter/spec/runtime';
import { must, peer } from './support/command.ts';
import { machineState } from './support/leaks.ts';
import { mustPeerOn, type StorePaths, storeIn } from './support/peers.ts';
import { makeSample } from './support/sample-image.ts';
import { scratch } from './support/scratch.ts';

interface Case {
  readonly name: string;
  /** Flags of `podman create`, before the image. */
  readonly flags: readonly string[];
  readonly command?: readonly string[];
  readonly options?: Partial<ContainerOptions>;
  readonly network?: ContainerNetwork;
}

const image: ImageConfigParameters = {
  Cmd: ['sleep', '100'],
  Env: ['PATH=/bin:/usr/bin', 'A=b', 'GONE=1', 'WITHOUT_VALUE'],
  WorkingDir: '/srv/work',
  StopSignal: 'SIGUSR1',
};

const volume = (text: string) => {
  const request = parseVolume(text);
  return completeMount(request, request.source);
};
const mount = (text: string) => {
  const request = parseMount(text);
  return completeMount(request, request.source);
};

const cases: readonly Case[] = [
  { name: 'nothing', flags: [] },
  { name: 'host network', flags: ['--network', 'host'], network: { mode: 'host' } },
  { name: 'command', flags: [], command: ['echo', 'a b'], options: { command: ['echo', 'a b'] } },
  { name: 'entrypoint', flags: ['--entrypoint', '["env"]'], options: { entrypoint: ['env'] } },
  {
    name: 'terminal and stdin',
    flags: ['-t', '-i'],
    options: { terminal: true, interactive: true },
  },
  { name: 'privileged', flags: ['--privileged'], options: { privileged: true } },
  { name: 'read-only', flags: ['--read-only'], options: { readOnly: true } },
  {
    name: 'read-only without tmpfs',
    flags: ['--read-only', '--read-only-tmpfs=false'],
    options: { readOnly: true, readOnlyTmpfs: false },
  },
  { name: 'user by name', flags: ['--user', 'user'], options: { user: 'user' } },
  { name: 'user and group by number', flags: ['--user', '1234:55'], options: { user: '1234:55' } },
  {
    name: 'user and a further group',
    flags: ['-u', 'user', '--group-add', '77'],
    options: { user: 'user', groupAdd: ['77'] },
  },
  {
    name: 'capabilities of root',
    flags: ['--cap-add', 'net_raw', '--cap-drop', 'CHOWN'],
    options: { capAdd: ['net_raw'], capDrop: ['CHOWN'] },
  },
  {
    name: 'capabilities of a user',
    flags: ['--user', 'user', '--cap-add', 'NET_RAW'],
    options: { user: 'user', capAdd: ['NET_RAW'] },
  },
  { name: 'no capabilities', flags: ['--cap-drop', 'all'], options: { capDrop: ['all'] } },
  { name: 'all capabilities', flags: ['--cap-add', 'all'], options: { capAdd: ['all'] } },
  {
    name: 'security options',
    flags: [
      '--security-opt',
      'no-new-privileges',
      '--security-opt',
      'seccomp=unconfined',
      '--security-opt',
      'mask=/a:/b',
    ],
    options: { securityOpt: ['no-new-privileges', 'seccomp=unconfined', 'mask=/a:/b'] },
  },
  {
    name: 'unmask',
    flags: ['--security-opt', 'unmask=/proc/acpi:/proc/bus'],
    options: { securityOpt: ['unmask=/proc/acpi:/proc/bus'] },
  },
  {
    name: 'limits',
    flags: ['--memory', '64m', '--cpus', '0.5', '--cpu-shares', '512', '--pids-limit', '50', '--cpuset-cpus', '0'],
    options: {
      resources: { memory: 64 << 20, cpus: 0.5, cpuShares: 512, pidsLimit: 50, cpusetCpus: '0' },
    },
  },
  {
    name: 'binds',
    flags: ['-v', '/usr/share:/mnt/share:ro', '-v', '/etc/hostname:/x/y/z'],
    options: { mounts: [volume('/usr/share:/mnt/share:ro'), volume('/etc/hostname:/x/y/z')] },
  },
  {
    name: 'mounts',
    flags: ['--mount', 'type=bind,src=/usr/share,dst=/m,ro', '--mount', 'type=tmpfs,dst=/t,tmpfs-size=1m'],
    options: { mounts: [mount('type=bind,src=/usr/share,dst=/m,ro'), mount('type=tmpfs,dst=/t,tmpfs-size=1m')] },
  },
  {
    name: 'tmpfs',
    flags: ['--tmpfs', '/t:size=2m'],
    options: { mounts: [completeMount(parseTmpfs('/t:size=2m'))] },
  },
  {
    name: 'a volume over a default mount',
    flags: ['-v', '/usr/share:/dev/mqueue'],
    options: { mounts: [volume('/usr/share:/dev/mqueue')] },
  },
  { name: 'device', flags: ['--device', '/dev/fuse:/dev/f:rw'], options: { device: ['/dev/fuse:/dev/f:rw'] } },
  { name: 'host pid', flags: ['--pid', 'host'], options: { pid: { mode: 'host' } } },
  { name: 'host ipc', flags: ['--ipc', 'host'], options: { ipc: { mode: 'host' } } },
  { name: 'host uts', flags: ['--uts', 'host'], options: { uts: { mode: 'host' } } },
  { name: 'hostname', flags: ['--hostname', 'h1'], options: { hostname: 'h1' } },
  { name: 'sysctl', flags: ['--sysctl', 'kernel.msgmax=65536'], options: { sysctl: { 'kernel.msgmax': '65536' } } },
  {
    name: 'ulimit',
    flags: ['core=0:0', 'nofile=512:1024', 'nproc=1024'].flatMap((limit) => ['--ulimit', limit]),
    options: { ulimit: ['core=0:0', 'nofile=512:1024', 'nproc=1024'] },
  },
  { name: 'annotation', flags: ['--annotation', 'a.b=c'], options: { annotation: { 'a.b': 'c' } } },
  {
    name: 'stop signal and time',
    flags: ['--stop-signal', '10', '--stop-timeout', '7'],
    options: { stopSignal: 10, stopTimeout: 7 },
  },
  {
    name: 'oom score and umask',
    flags: ['--oom-score-adj', '500', '--umask', '0077'],
    options: { oomScoreAdj: 500, umask: '0077' },
  },
  {
    name: 'environment',
    flags: ['-e', 'A=c', '-e', 'X=', '--unsetenv', 'GONE'],
    options: { env: ['A=c', 'X='], unsetEnv: ['GONE'] },
  },
  { name: 'workdir', flags: ['-w', '/tmp'], options: { workdir: '/tmp' } },
  {
    name: 'cgroup parent',
    flags: ['--cgroup-parent', '/lighter-golden'],
    options: { cgroupParent: '/lighter-golden' },
  },
];

/** For both; the limits of processes are those that any host can give. */
const configuration = `[containers]
default_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]
default_sysctls = ["net.ipv4.ping_group_range=0 0"]
default_capabilities = ["CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "NET_BIND_SERVICE", "SETFCAP", "SETGID",
  "SETPCAP", "SETUID", "SYS_CHROOT"]
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
[network]
network_backend = "cni"
`;

test("a container's configuration beside podman's", { timeout: 600_000 }, async (context) => {
  const directory = scratch(context, 'golden');
  const store = storeIn(directory);
  const sample = await makeSample(`${directory}/image`, { config: image as Record<string, unknown> });
  writeFileSync(`${directory}/containers.conf`, configuration);
  const place = `containers-storage:[overlay@${store.root}+${store.runroot}]localhost/golden:latest`;
  await must(peer('skopeo'), ['copy', '--insecure-policy', `oci:${sample.layout}`, place]);
  try {
    for (const one of cases) {
      await context.test(one.name, async () => {
        const theirs = await peerSpec(store, directory, one);
        const ours = await ourSpec(directory, theirs.id, one);
        assert.deepEqual(normalize(ours, directory, theirs.id), normalize(theirs.spec, directory, theirs.id));
      });
    }
  } finally {
    await mustPeerOn(store, 'podman', ['rm', '-f', '-a', '-t', '0']);
    // conmon runs a podman of its own for each container, which mounts the store's directory once more.
    while ([...machineState().processes.values()].some((command) => command.includes(directory))) {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    for (const hierarchy of globSync('/sys/fs/cgroup/{,*/}lighter-golden')) removeEmpty(hierarchy);
  }
});

/** runc leaves a container's parent cgroup behind. */
function removeEmpty(cgroup: string): void {
  for (const child of globSync(`${cgroup}/*/`)) rmdirSync(child);
  rmdirSync(cgroup);
}

/** `podman init` writes config.json without running anything. */
async function peerSpec(
  store: StorePaths,
  directory: string,
  { flags, command = [], network }: Case,
): Promise<{ id: string; spec: Spec }> {
  const options = { env: { CONTAINERS_CONF: `${directory}/containers.conf` } };
  const networkFlags = network ? [] : ['--network', 'none'];
  const id = await mustPeerOn(store, 'podman', ['create', ...networkFlags, ...flags, 'golden', ...command], options);
  await mustPeerOn(store, 'podman', ['init', id], options);
  const text = readFileSync(`${store.root}/overlay-containers/${id}/userdata/config.json`, 'utf8');
  return { id, spec: JSON.parse(text) as Spec };
}

async function ourSpec(
  directory: string,
  id: string,
  { options = {}, network = { mode: 'none' } }: Case,
): Promise<Spec> {
  const paths = {
    bundle: `${directory}/ours/${id}`,
    runDirectory: `${directory}/ours/${id}/run`,
    exitDirectory: directory,
    netnsDirectory: directory,
  };
  const rootPath = `${directory}/ours/${id}/rootfs`;
  mkdirSync(paths.runDirectory, { recursive: true });
  mkdirSync(`${rootPath}/etc`, { recursive: true });
  for (const name of ['tmp', 'run']) mkdirSync(`${rootPath}/${name}`);
  writeFileSync(`${rootPath}/etc/passwd`, 'root:x:0:0:root:/root:/bin/sh\nuser:x:1000:1000:user:/tmp:/bin/sh\n');
  writeFileSync(`${rootPath}/etc/group`, 'root:x:0:\nuser:x:1000:\nextra:x:2000:user\n');
  const conf = await readContainersConf({ env: { CONTAINERS_CONF: `${directory}/containers.conf` } });
  const { config } = await newContainerConfig(
    {
      id,
      name: 'golden',
      image: { id: 'i', name: 'golden', config: image },
      bundle: paths.bundle,
      cgroupManager: 'cgroupfs',
      options: { network, ...options },
    },
    conf,
  );
  return JSON.parse(JSON.stringify(writeBundle({ config, paths, rootPath }))) as Spec;
}

/** The parts in which versions differ, and what is a matter of order only, made equal. */
function normalize(spec: Spec, directory: string, id: string): unknown {
  const text = JSON.stringify(spec)
    .replaceAll(`${directory}/ours/${id}/rootfs`, 'ROOTFS')
    .replaceAll(new RegExp(`${directory}/[^"]*/merged`, 'g'), 'ROOTFS')
    // Names of generated files stay, their directories differ.
    .replaceAll(new RegExp(`${directory}/[^"]*/([^/"]+)"`, 'g'), '$1"');
  const copy = JSON.parse(text) as Spec;
  copy.ociVersion = '';
  copy.annotations = Object.fromEntries(
    Object.entries(copy.annotations ?? {}).filter(
      ([key, value]) =>
        !key.startsWith('io.kubernetes.cri-o.') && !key.startsWith('org.systemd.property.') && value !== 'FALSE',
    ),
  );
  // Since 5.0 TERM is set with a terminal only.
  copy.process!.env = copy.process!.env!.filter((entry) => entry !== 'TERM=xterm').sort();
  copy.mounts = copy
    .mounts! // Since 5.0 the mark is there also where /run is a tmpfs.
    .filter(({ destination }) => !(copy.root?.readonly && destination === '/run/.containerenv'))
    // 4.x says what is the default, and leaves /dev writable.
    .map((one) => ({
      ...one,
      options:
        one.options?.filter((option) => option !== 'rw' && (one.destination !== '/dev' || option !== 'ro')) ?? [],
    }));
  if (copy.linux?.devices) copy.linux.devices = copy.linux.devices.filter(({ path }) => path !== '/dev/ptmx');
  for (const device of copy.linux?.devices ?? []) device.fileMode! &= 0o777;
  copy.process!.rlimits!.sort((one, other) => one.type.localeCompare(other.type));
  copy.mounts.sort((one, other) => one.destination.localeCompare(other.destination));
  const newer = ['/sys/devices/virtual/powercap', '/proc/interrupts', '/sys/dev/block'];
  if (copy.linux?.maskedPaths) {
    copy.linux.maskedPaths = copy.linux.maskedPaths
      .filter((path) => !newer.includes(path) && !path.endsWith('/thermal_throttle'))
      .sort();
  }
  return copy;
}
