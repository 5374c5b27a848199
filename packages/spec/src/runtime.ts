/**
 * Configuration and state of a container as an OCI runtime sees them (OCI runtime-spec 1.3: config.md,
 * config-linux.md, runtime.md). Keys are those of the standard; optional keys are left out, never null.
 */

/** `config.json` of a bundle (config.md). */
export interface Spec {
  ociVersion: string;
  root?: { path: string; readonly?: boolean };
  mounts?: Mount[];
  process?: Process;
  hostname?: string;
  domainname?: string;
  hooks?: Hooks;
  annotations?: Record<string, string>;
  linux?: LinuxSpec;
}

/** One mount, in the order in which the runtime makes them (config.md, "Mounts"). */
export interface Mount {
  /** Absolute path inside the container. */
  destination: string;
  type?: string;
  source?: string;
  options?: string[];
  uidMappings?: IdMapping[];
  gidMappings?: IdMapping[];
}

/** config.md, "Process". */
export interface Process {
  terminal?: boolean;
  consoleSize?: { height: number; width: number };
  user: ProcessUser;
  args?: string[];
  /** `NAME=value` texts. */
  env?: string[];
  /** Absolute path inside the container. */
  cwd: string;
  capabilities?: ProcessCapabilities;
  rlimits?: ResourceLimit[];
  noNewPrivileges?: boolean;
  apparmorProfile?: string;
  selinuxLabel?: string;
  /** -1000…1000. */
  oomScoreAdj?: number;
}

export interface ProcessUser {
  uid: number;
  gid: number;
  umask?: number;
  additionalGids?: number[];
}

/** Names with `CAP_` (config.md, "Linux Process", `capabilities`). */
export interface ProcessCapabilities {
  bounding?: string[];
  effective?: string[];
  permitted?: string[];
  inheritable?: string[];
  ambient?: string[];
}

/** config.md, "POSIX process", `rlimits`. */
export interface ResourceLimit {
  /** `RLIMIT_NOFILE`… */
  type: string;
  hard: number;
  soft: number;
}

export interface Hook {
  path: string;
  args?: string[];
  env?: string[];
  /** Seconds. */
  timeout?: number;
}

/** config.md, "POSIX-platform Hooks". */
export interface Hooks {
  /** Deprecated by the standard, still called by every runtime. */
  prestart?: Hook[];
  createRuntime?: Hook[];
  createContainer?: Hook[];
  startContainer?: Hook[];
  poststart?: Hook[];
  poststop?: Hook[];
}

export type NamespaceType = 'pid' | 'network' | 'mount' | 'ipc' | 'uts' | 'user' | 'cgroup' | 'time';

/** A new namespace, or the one at `path` (config-linux.md, "Namespaces"). */
export interface Namespace {
  type: NamespaceType;
  path?: string;
}

export interface IdMapping {
  containerID: number;
  hostID: number;
  size: number;
}

/** config-linux.md, "Devices". */
export interface Device {
  path: string;
  type: 'b' | 'c' | 'u' | 'p';
  major?: number;
  minor?: number;
  fileMode?: number;
  uid?: number;
  gid?: number;
}

/** config-linux.md, "Allowed Device list". */
export interface DeviceRule {
  allow: boolean;
  type?: 'a' | 'b' | 'c';
  major?: number;
  minor?: number;
  access?: string;
}

/** config-linux.md, "Control groups". Sizes in bytes, times in microseconds. */
export interface Resources {
  devices?: DeviceRule[];
  memory?: {
    limit?: number;
    reservation?: number;
    swap?: number;
    swappiness?: number;
    disableOOMKiller?: boolean;
  };
  cpu?: {
    shares?: number;
    quota?: number;
    period?: number;
    realtimeRuntime?: number;
    realtimePeriod?: number;
    cpus?: string;
    mems?: string;
  };
  pids?: { limit: number };
  blockIO?: {
    weight?: number;
    weightDevice?: { major: number; minor: number; weight: number }[];
    throttleReadBpsDevice?: ThrottleDevice[];
    throttleWriteBpsDevice?: ThrottleDevice[];
    throttleReadIOPSDevice?: ThrottleDevice[];
    throttleWriteIOPSDevice?: ThrottleDevice[];
  };
  hugepageLimits?: { pageSize: string; limit: number }[];
  unified?: Record<string, string>;
}

export interface ThrottleDevice {
  major: number;
  minor: number;
  rate: number;
}

/** A seccomp filter (config-linux.md, "Seccomp"). */
export interface Seccomp {
  defaultAction: string;
  defaultErrnoRet?: number;
  architectures?: string[];
  flags?: string[];
  listenerPath?: string;
  listenerMetadata?: string;
  syscalls?: SeccompRule[];
}

export interface SeccompRule {
  names: string[];
  action: string;
  errnoRet?: number;
  args?: SeccompArgument[];
}

export interface SeccompArgument {
  index: number;
  value: number;
  valueTwo?: number;
  op: string;
}

/** config-linux.md. */
export interface LinuxSpec {
  namespaces?: Namespace[];
  uidMappings?: IdMapping[];
  gidMappings?: IdMapping[];
  devices?: Device[];
  cgroupsPath?: string;
  resources?: Resources;
  rootfsPropagation?: string;
  seccomp?: Seccomp;
  sysctl?: Record<string, string>;
  maskedPaths?: string[];
  readonlyPaths?: string[];
  mountLabel?: string;
  personality?: { domain: string; flags?: string[] };
  intelRdt?: { closID?: string; l3CacheSchema?: string; memBwSchema?: string; schemata?: string[] };
  netDevices?: Record<string, { name?: string }>;
}

/** Answer of a runtime's `state` operation (runtime.md, "State"). */
export interface State {
  ociVersion: string;
  id: string;
  status: 'creating' | 'created' | 'running' | 'stopped' | 'paused';
  /** 0 when there is no process. */
  pid?: number;
  bundle: string;
  annotations?: Record<string, string>;
}
