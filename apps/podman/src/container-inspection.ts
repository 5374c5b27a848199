/** What `podman inspect` shows of a container, in podman's shape. */
import type { Engine } from '@lighter/engine/engine';
import { liveSessions } from '@lighter/engine/exec/sessions';
import type { ContainerRecord, ContainerState } from '@lighter/engine/record';
import type { Container } from '@lighter/engine/state/containers';
import { signalName } from '@lighter/linux/signals';

const ZERO_TIME = '0001-01-01T00:00:00Z';

export async function inspectContainer(engine: Engine, { record, state }: Container): Promise<object> {
  const { config } = record;
  const { spec } = config;
  const process = spec.process;
  const paths = engine.containerPaths(record.id);
  const argv = process?.args ?? [];
  return {
    Id: record.id,
    Created: record.created,
    Path: argv[0] ?? '',
    Args: argv.slice(1),
    State: stateOf(state, spec.ociVersion),
    Image: record.image?.id ?? '',
    ImageDigest: record.image?.digest ?? '',
    ImageName: record.image?.name ?? '',
    Rootfs: '',
    Pod: '',
    ResolvConfPath: `${paths.runDirectory}/resolv.conf`,
    HostnamePath: `${paths.runDirectory}/hostname`,
    HostsPath: `${paths.runDirectory}/hosts`,
    StaticDir: paths.bundle,
    OCIConfigPath: `${paths.bundle}/config.json`,
    OCIRuntime: config.runtimePath.slice(config.runtimePath.lastIndexOf('/') + 1),
    ConmonPidFile: `${paths.runDirectory}/conmon.pid`,
    PidFile: `${paths.runDirectory}/pidfile`,
    Name: record.name,
    RestartCount: 0,
    Driver: engine.store.driverName,
    MountLabel: '',
    ProcessLabel: '',
    AppArmorProfile: process?.apparmorProfile ?? '',
    EffectiveCaps: process?.capabilities?.effective ?? [],
    BoundingCaps: process?.capabilities?.bounding ?? [],
    ExecIDs: liveSessions(engine, record.id),
    GraphDriver: await graphDriver(engine, record.id),
    Mounts: (spec.mounts ?? [])
      .filter(({ type, destination }) => type === 'bind' && !isGenerated(destination))
      .map(mountOf),
    Dependencies: [],
    NetworkSettings: networkSettings(record, state),
    Namespace: '',
    IsInfra: false,
    IsService: false,
    Config: configOf(record),
    HostConfig: hostConfig(record),
  };
}

function stateOf(state: ContainerState, ociVersion: string): object {
  const running = state.status === 'running';
  const time = (milliseconds: number | undefined) => (milliseconds ? new Date(milliseconds).toISOString() : ZERO_TIME);
  return {
    OciVersion: ociVersion,
    Status: state.status === 'stopped' ? 'exited' : state.status,
    Running: running,
    Paused: state.status === 'paused',
    Restarting: false,
    OOMKilled: state.exit?.oomKilled ?? false,
    Dead: false,
    Pid: state.pid,
    ConmonPid: state.conmonPid,
    ExitCode: state.exit?.code ?? 0,
    Error: state.exit?.error ?? '',
    StartedAt: time(state.started),
    FinishedAt: time(running ? undefined : state.exit?.finished),
    CheckpointedAt: ZERO_TIME,
    RestoredAt: ZERO_TIME,
  };
}

async function graphDriver(engine: Engine, id: string): Promise<object> {
  const layers = new Map((await engine.store.layers()).map((layer) => [layer.id, layer]));
  const { layer } = await engine.store.container(id);
  const home = `${engine.store.graphRoot}/${engine.store.driverName}`;
  const lower: string[] = [];
  for (let parent = layers.get(layer)?.parent; parent; parent = layers.get(parent)?.parent)
    lower.push(`${home}/${parent}/diff`);
  const merged = (await engine.store.mounted()).get(layer);
  return {
    Name: engine.store.driverName,
    Data: {
      ...(lower.length > 0 ? { LowerDir: lower.join(':') } : {}),
      ...(merged === undefined ? {} : { MergedDir: merged }),
      UpperDir: `${home}/${layer}/diff`,
      WorkDir: `${home}/${layer}/work`,
    },
  };
}

const generated = [
  '/etc/hosts',
  '/etc/hostname',
  '/etc/resolv.conf',
  '/run/.containerenv',
  '/dev/shm',
  '/etc/passwd',
  '/etc/group',
  '/sys',
  '/sys/fs/cgroup',
];

function isGenerated(destination: string): boolean {
  return generated.includes(destination);
}

function mountOf({
  source = '',
  destination,
  options = [],
}: {
  source?: string;
  destination: string;
  options?: readonly string[];
}): object {
  const propagation = options.find((option) => /^r?(private|shared|slave|unbindable)$/.test(option)) ?? '';
  return {
    Type: 'bind',
    Source: source,
    Destination: destination,
    Driver: '',
    Mode: '',
    Options: options.filter((option) => !['rw', 'ro', propagation].includes(option)),
    RW: !options.includes('ro'),
    Propagation: propagation,
  };
}

function networkSettings(record: ContainerRecord, state: ContainerState): object {
  const { network } = record.config;
  const interfaces = state.network?.interfaces ?? [];
  const describe = (one: (typeof interfaces)[number] | undefined) => {
    const [address = '', prefix = '0'] = (one?.addresses[0] ?? '').split('/');
    return {
      EndpointID: '',
      Gateway: one?.gateways[0] ?? '',
      IPAddress: address,
      IPPrefixLen: Number(prefix),
      IPv6Gateway: '',
      GlobalIPv6Address: '',
      GlobalIPv6PrefixLen: 0,
      MacAddress: one?.mac ?? '',
    };
  };
  const ports = network.mode === 'bridge' || network.mode === 'user' ? network.ports : [];
  return {
    ...describe(interfaces[0]),
    Bridge: '',
    SandboxID: '',
    HairpinMode: false,
    LinkLocalIPv6Address: '',
    LinkLocalIPv6PrefixLen: 0,
    Ports: portBindings(ports),
    SandboxKey: '',
    ...(interfaces.length > 0
      ? {
          Networks: Object.fromEntries(
            interfaces.map((one) => [
              one.network,
              { ...describe(one), NetworkID: one.network, DriverOpts: null, IPAMConfig: null, Links: null },
            ]),
          ),
        }
      : {}),
  };
}

function portBindings(
  ports: readonly { hostIp: string; hostPort: number; containerPort: number; range: number; protocol: string }[],
): object {
  return Object.fromEntries(
    ports.flatMap(({ hostIp, hostPort, containerPort, range, protocol }) =>
      Array.from({ length: range }, (_, n) => [
        `${containerPort + n}/${protocol}`,
        [{ HostIp: hostIp, HostPort: `${hostPort + n}` }],
      ]),
    ),
  );
}

function configOf(record: ContainerRecord): object {
  const { config } = record;
  const process = config.spec.process;
  return {
    Hostname: config.hostname,
    Domainname: '',
    User: config.user,
    AttachStdin: false,
    AttachStdout: false,
    AttachStderr: false,
    Tty: config.io.terminal,
    OpenStdin: config.io.stdin,
    StdinOnce: false,
    Env: process?.env ?? [],
    Cmd: record.command.length > 0 ? record.command : null,
    Image: record.image?.name ?? '',
    Volumes: null,
    WorkingDir: process?.cwd ?? '/',
    Entrypoint: record.entrypoint ?? null,
    OnBuild: null,
    Labels: Object.keys(record.labels).length > 0 ? record.labels : null,
    Annotations: config.spec.annotations ?? null,
    StopSignal: signalName(config.stopSignal),
    CreateCommand: record.createCommand,
    Umask: `0${(process?.user?.umask ?? 0o22).toString(8).padStart(3, '0')}`,
    Timeout: config.timeout ?? 0,
    StopTimeout: config.stopTimeout,
    Passwd: true,
    sdNotifyMode: config.sdnotify ?? 'container',
  };
}

function hostConfig(record: ContainerRecord): object {
  const { config } = record;
  const { linux: limits } = config.spec;
  const resources = limits?.resources;
  const { network } = config;
  const namespaces = new Set((limits?.namespaces ?? []).map(({ type }) => type));
  const mode = (type: string) => (namespaces.has(type as never) ? 'private' : 'host');
  return {
    Binds: (config.spec.mounts ?? [])
      .filter(({ type, destination }) => type === 'bind' && !isGenerated(destination))
      .map(({ source, destination, options = [] }) => `${source}:${destination}:${options.join(',')}`),
    CgroupManager: config.cgroups.manager,
    CgroupMode: mode('cgroup'),
    ContainerIDFile: record.cidFile ?? '',
    LogConfig: {
      Type: config.io.logDriver,
      Config: null,
      Path: config.io.logPath ?? '',
      Tag: config.io.logTag ?? '',
      Size: config.io.logSizeMax ? `${config.io.logSizeMax}B` : '0B',
    },
    NetworkMode: networkMode(network),
    PortBindings: network.mode === 'bridge' || network.mode === 'user' ? portBindings(network.ports) : {},
    RestartPolicy: { Name: 'no', MaximumRetryCount: 0 },
    AutoRemove: config.autoRemove,
    Annotations: config.spec.annotations ?? null,
    CapAdd: [],
    CapDrop: [],
    Dns: config.dns.servers,
    DnsOptions: config.dns.options,
    DnsSearch: config.dns.search,
    ExtraHosts: config.hosts.entries,
    GroupAdd: config.groupAdd,
    IpcMode: config.shm.mode,
    Cgroup: '',
    Cgroups: config.cgroups.enabled ? 'default' : 'disabled',
    OomScoreAdj: config.spec.process?.oomScoreAdj ?? 0,
    PidMode: mode('pid'),
    Privileged: config.privileged,
    PublishAllPorts: false,
    ReadonlyRootfs: config.readOnly,
    SecurityOpt: [],
    Tmpfs: Object.fromEntries(
      (config.spec.mounts ?? [])
        .filter(({ type, destination }) => type === 'tmpfs' && destination !== '/dev')
        .map(({ destination, options = [] }) => [destination, options.join(',')]),
    ),
    UTSMode: mode('uts'),
    UsernsMode: '',
    ShmSize: config.shm.size,
    Runtime: 'oci',
    CpuShares: resources?.cpu?.shares ?? 0,
    Memory: resources?.memory?.limit ?? 0,
    NanoCpus: 0,
    CgroupParent: '',
    CpuPeriod: resources?.cpu?.period ?? 0,
    CpuQuota: resources?.cpu?.quota ?? 0,
    CpusetCpus: resources?.cpu?.cpus ?? '',
    CpusetMems: resources?.cpu?.mems ?? '',
    Devices: [],
    MemoryReservation: resources?.memory?.reservation ?? 0,
    MemorySwap: resources?.memory?.swap ?? 0,
    PidsLimit: resources?.pids?.limit ?? 0,
    Ulimits: (config.spec.process?.rlimits ?? []).map(({ type, soft, hard }) => ({
      Name: type,
      Soft: soft,
      Hard: hard,
    })),
  };
}

function networkMode(network: Container['record']['config']['network']): string {
  if (network.mode === 'path') return `ns:${network.path}`;
  if (network.mode === 'container') return `container:${network.id}`;
  return network.mode === 'user' ? network.program : network.mode;
}
