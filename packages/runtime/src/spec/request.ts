/** What a container's configuration is made from: all plain data, so that generating it is a pure function. */
import type { ImageConfigParameters } from '@lighter/spec/oci-image';
import type { Device, DeviceRule, IdMapping, Resources } from '@lighter/spec/runtime';

/** Facts about this host and process that a configuration depends on (see `readHostFacts`). */
export interface HostFacts {
  readonly cgroupVersion: 1 | 2;
  /** Controllers that limits can be set with. */
  readonly controllers: ReadonlySet<string>;
  /** Our bounding set: a container can't have more. Names with `CAP_`, in the kernel's order. */
  readonly boundingCapabilities: readonly string[];
  /** Our own limits by the runtime-spec's names (`RLIMIT_NOFILE`); Infinity for none. */
  limit(type: string): { readonly soft: number; readonly hard: number };
  /** We are root of a user namespace that belongs to an ordinary user. */
  readonly rootless: boolean;
  /** Go's name of the architecture: `amd64`. */
  readonly architecture: string;
  readonly kernel: readonly [major: number, minor: number];
  readonly hostname: string;
  readonly hasMqueue: boolean;
  /** Whether group 5 (tty) exists in our user namespace. */
  readonly hasTtyGroup: boolean;
  readonly oomScoreAdj: number;
  /** thermal_throttle below /sys/devices/system/cpu, where there are any. */
  readonly thermalThrottlePaths: readonly string[];
  /** Text of the seccomp profile for unprivileged containers; undefined: our own list. */
  seccompProfile(): string | undefined;
  /** Names of the loaded AppArmor profiles; undefined where the kernel has no AppArmor. */
  apparmorProfiles(): ReadonlySet<string> | undefined;
}

/** A namespace of the container: its own, the host's, or one that exists at a path. */
export type NamespaceMode = { readonly mode: 'private' | 'host' } | { readonly mode: 'path'; readonly path: string };

export interface Namespaces {
  readonly pid: NamespaceMode;
  readonly ipc: NamespaceMode;
  readonly uts: NamespaceMode;
  /** `pinned`: made before the runtime sees it, and so not in the container's user namespace. */
  readonly network: NamespaceMode & { readonly pinned?: boolean };
  readonly cgroup: NamespaceMode;
  readonly user: NamespaceMode & { readonly uidMap?: readonly IdMapping[]; readonly gidMap?: readonly IdMapping[] };
}

/** A mount asked for by the user. Named volumes have been turned into binds of their directory. */
export interface UserMount {
  readonly type: 'bind' | 'tmpfs' | 'ramfs' | 'devpts' | 'overlay';
  /** Host path of a bind. */
  readonly source?: string;
  readonly destination: string;
  /** Complete: defaults are in (see `mount-options.ts`). */
  readonly options: readonly string[];
}

/** A soft and a hard limit; -1 is no limit. `type` as `nofile` or `RLIMIT_NOFILE`. */
export interface Ulimit {
  readonly type: string;
  readonly soft: number;
  readonly hard: number;
}

/** `--security-opt`, taken apart. */
export interface SecurityOptions {
  readonly noNewPrivileges?: boolean;
  /** `unconfined`, or the text of a profile. Undefined: the host's default. */
  readonly seccomp?: 'unconfined' | { readonly profile: string };
  /** A profile's name or `unconfined`. */
  readonly apparmor?: string;
  readonly selinuxLabel?: string;
  readonly mountLabel?: string;
  /** Further absolute paths to hide. */
  readonly mask?: readonly string[];
  /** `ALL`, or globs over the paths hidden or read-only by default. */
  readonly unmask?: readonly string[];
  /** Options of `/proc` instead of the default ones. */
  readonly procOptions?: readonly string[];
}

/** Everything that flags, the image and containers.conf say about one container. */
export interface SpecRequest {
  readonly id: string;
  readonly image: ImageConfigParameters;
  /** Arguments instead of the image's Cmd. */
  readonly command?: readonly string[];
  /** Instead of the image's Entrypoint, whose Cmd then doesn't count either; an empty list is none. */
  readonly entrypoint?: readonly string[];
  /** containers.conf `env`. */
  readonly defaultEnv?: readonly string[];
  /** The host's variables: all with `--env-host`, else those for proxies. Above the image's. */
  readonly hostEnv?: readonly string[];
  /** `--env-file` and `--env`, in order; the last of a name counts. */
  readonly env?: readonly string[];
  /** `--env-merge`: `NAME=text` with `$NAME` and `${NAME}` of what the image says. */
  readonly envMerge?: readonly string[];
  readonly unsetEnv?: readonly string[];
  readonly unsetEnvAll?: boolean;
  readonly workdir?: string;
  readonly hostname?: string;
  readonly terminal: boolean;
  readonly privileged: boolean;
  readonly readOnly: boolean;
  /** With `readOnly`: tmpfs on /tmp, /var/tmp and /run. Default true. */
  readonly readOnlyTmpfs?: boolean;
  readonly capAdd?: readonly string[];
  readonly capDrop?: readonly string[];
  readonly defaultCapabilities: readonly string[];
  readonly security: SecurityOptions;
  readonly namespaces: Namespaces;
  readonly mounts: readonly UserMount[];
  readonly devices?: readonly { readonly device: Device; readonly rule?: DeviceRule }[];
  /** `--device-cgroup-rule`. */
  readonly deviceRules?: readonly DeviceRule[];
  readonly ulimits?: readonly Ulimit[];
  readonly resources: Resources;
  /** Absolute with cgroupfs, `slice:prefix:name` with systemd, '' to leave it to the runtime. */
  readonly cgroupsPath: string;
  readonly sysctls?: Readonly<Record<string, string>>;
  /** containers.conf `default_sysctls`: ignored where the namespace is the host's. */
  readonly defaultSysctls?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  /** Signal number; default 15. */
  readonly stopSignal?: number;
  /** Seconds. */
  readonly stopTimeout?: number;
  readonly oomScoreAdj?: number;
  readonly umask?: number;
  /** personality(2): `LINUX32`. */
  readonly personality?: string;
  readonly rdtClass?: string;
  /** Whether the user asked for a user other than root: decides which capability sets are filled. */
  readonly user?: string;
  /** Host path of an init program: it is bound to /run/podman-init and becomes process 1. */
  readonly initPath?: string;
}
