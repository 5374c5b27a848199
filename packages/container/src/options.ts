/** What can be said about a new container; everything has a default but what names it. */
import type { NamespaceMode, Namespaces, UserMount } from '@lighter/runtime/spec/request';
import type { ImageConfigParameters } from '@lighter/spec/oci-image';
import type { ContainerConfig, ContainerNetwork } from './config.ts';
import type { ResourceOptions } from './resources.ts';

/** Its maps are settled: what `auto` stands for has been found. */
export type UserNamespace = Namespaces['user'];

/** Fields carry the names of `podman run`'s flags; texts are as written there. */
export interface ContainerOptions {
  readonly command?: readonly string[];
  /** An empty list is `--entrypoint ''`. */
  readonly entrypoint?: readonly string[];
  /** `NAME=value`, of `--env-file` and `--env` in order. */
  readonly env?: readonly string[];
  /** Our own variables, with `--env-host`. */
  readonly envHost?: boolean;
  readonly httpProxy?: boolean;
  /** `NAME=text` with `$NAME` and `${NAME}` of the variables below. */
  readonly envMerge?: readonly string[];
  readonly unsetEnv?: readonly string[];
  readonly unsetEnvAll?: boolean;
  readonly workdir?: string;
  readonly user?: string;
  readonly groupAdd?: readonly string[];
  readonly accounts?: ContainerConfig['accounts'];
  /** `LINUX32` for personality(2). */
  readonly personality?: string;
  /** `--rdt-class`. */
  readonly rdtClass?: string;
  /** `true`, `false` or `always`. */
  readonly systemd?: string;
  /** Bytes. */
  readonly shmSizeSystemd?: number;
  /** `image`: the profile in the image's label. */
  readonly seccompPolicy?: string;
  readonly hostname?: string;
  readonly terminal?: boolean;
  readonly interactive?: boolean;
  readonly privileged?: boolean;
  readonly readOnly?: boolean;
  readonly readOnlyTmpfs?: boolean;
  readonly capAdd?: readonly string[];
  readonly capDrop?: readonly string[];
  readonly securityOpt?: readonly string[];
  readonly pid?: NamespaceMode;
  readonly uts?: NamespaceMode;
  readonly cgroupns?: NamespaceMode;
  readonly ipc?: NamespaceMode | { readonly mode: 'shareable' | 'none' };
  readonly userns?: UserNamespace;
  /** The /dev/shm of the container whose IPC namespace is joined. */
  readonly shmSource?: string;
  readonly network: ContainerNetwork;
  /** With volumes resolved to binds of their directories. */
  readonly mounts?: readonly UserMount[];
  readonly device?: readonly string[];
  readonly deviceCgroupRule?: readonly string[];
  readonly ulimit?: readonly string[];
  readonly resources?: ResourceOptions;
  readonly cgroupParent?: string;
  readonly cgroups?: 'enabled' | 'disabled' | 'no-conmon';
  readonly sysctl?: Readonly<Record<string, string>>;
  readonly annotation?: Readonly<Record<string, string>>;
  /** Signal number. */
  readonly stopSignal?: number;
  /** Seconds. */
  readonly stopTimeout?: number;
  readonly timeout?: number;
  readonly oomScoreAdj?: number;
  /** Octal text: `0022`. */
  readonly umask?: string;
  readonly init?: boolean;
  readonly initPath?: string;
  /** Bytes. */
  readonly shmSize?: number;
  readonly noHosts?: boolean;
  readonly addHost?: readonly string[];
  readonly noHostname?: boolean;
  readonly hostsFile?: string;
  /** `none` alone keeps the image's resolv.conf. */
  readonly dns?: readonly string[];
  readonly dnsSearch?: readonly string[];
  readonly dnsOption?: readonly string[];
  readonly logDriver?: string;
  readonly logPath?: string;
  /** Bytes. */
  readonly logSizeMax?: number;
  readonly logTag?: string;
  readonly autoRemove?: boolean;
  readonly sdnotify?: 'container' | 'conmon' | 'healthy' | 'ignore';
}

/** Who the new container is and what it comes from. */
export interface NewContainer {
  readonly id: string;
  readonly name: string;
  readonly image?: { readonly id: string; readonly name: string; readonly config: ImageConfigParameters };
  readonly options: ContainerOptions;
  /** Directory of config.json, where the log goes by default. */
  readonly bundle: string;
  /** `--runtime`. */
  readonly runtime?: string;
  /** `--runtime-flag`, without dashes. */
  readonly runtimeFlags?: readonly string[];
  /** `--cgroup-manager`. */
  readonly cgroupManager?: 'cgroupfs' | 'systemd';
}
