/**
 * One container as plain data: whoever keeps containers stores this value as JSON and hands it back. What it says was
 * decided when the container was created; later changes of containers.conf don't touch it.
 */
import type { Attachment, PortMapping } from '@lighter/network/types';
import type { ContainerIo } from '@lighter/runtime/types';
import type { Spec } from '@lighter/spec/runtime';

/** Which network a container has. */
export type ContainerNetwork =
  /** A network namespace of its own with nothing but the loopback, made by the runtime. */
  | { readonly mode: 'none' }
  | { readonly mode: 'host' }
  /** A pinned namespace connected to networks. */
  | { readonly mode: 'bridge'; readonly attachments: readonly Attachment[]; readonly ports: readonly PortMapping[] }
  /** A pinned namespace that a program in user space connects: what ordinary users have by default. */
  | {
      readonly mode: 'user';
      readonly program: 'pasta' | 'slirp4netns';
      readonly options: readonly string[];
      readonly ports: readonly PortMapping[];
    }
  /** That of another container, with its files of names: they are in its run directory. */
  | { readonly mode: 'container'; readonly id: string; readonly files: string }
  /** Somebody else's namespace. */
  | { readonly mode: 'path'; readonly path: string };

/** How `/etc/resolv.conf` is made. */
export interface DnsConfig {
  /** Keep the image's file: `--dns none`. */
  readonly keepImage?: boolean;
  readonly servers: readonly string[];
  readonly search: readonly string[];
  readonly options: readonly string[];
}

/** How `/etc/hosts` is made. */
export interface HostsConfig {
  /** `--no-hosts`. */
  readonly disabled?: boolean;
  /** `--add-host`: `name[;name…]:address`, `host-gateway` for the host's own address. */
  readonly entries: readonly string[];
  /** A path, `image`, `none`, or '' for the host's /etc/hosts. */
  readonly base: string;
  /** containers.conf `host_containers_internal_ip`: an address, `none`, or '' to find it out. */
  readonly hostAddress: string;
}

export interface ContainerConfig {
  /** 64 hexadecimal digits. */
  readonly id: string;
  readonly name: string;
  readonly image?: { readonly id: string; readonly name: string };
  /** Template made by `generateSpec`; the start completes a copy of it. */
  readonly spec: Spec;
  /** `--user` or the image's: `name|uid[:group|gid]`, '' for root. */
  readonly user: string;
  readonly groupAdd: readonly string[];
  /** What becomes of passwd and group. */
  readonly accounts?: {
    /** `--passwd=false`. */
    readonly disabled?: boolean;
    /** Templates of lines, with `$USERNAME`, `$UID`… */
    readonly passwdEntry?: string;
    readonly groupEntry?: string;
    /** `--hostuser`. */
    readonly hostUsers?: readonly string[];
  };
  /** The working directory comes from the image: it is made when missing. */
  readonly createWorkdir: boolean;
  /** Name in /etc/hostname and HOSTNAME. */
  readonly hostname: string;
  /** `--no-hostname`. */
  readonly noHostname?: boolean;
  readonly network: ContainerNetwork;
  readonly dns: DnsConfig;
  readonly hosts: HostsConfig;
  /** `shareable`: a tmpfs below the bundle that others may join; `private`: one of the runtime's; `none`; `source`: whose is shown. */
  readonly shm: {
    readonly mode: 'shareable' | 'private' | 'none' | 'host';
    readonly size: number;
    readonly source?: string;
  };
  readonly io: ContainerIo;
  readonly cgroups: {
    readonly manager: 'cgroupfs' | 'systemd';
    /** cgroupfs path for conmon, absolute below each hierarchy; undefined: it stays where we are. */
    readonly conmon?: string;
    readonly enabled: boolean;
  };
  /** Signal number. */
  readonly stopSignal: number;
  /** Seconds before SIGKILL; negative: wait for ever. */
  readonly stopTimeout: number;
  /** `--rm`. */
  readonly autoRemove: boolean;
  readonly privileged: boolean;
  readonly readOnly: boolean;
  /** Absolute path of the OCI runtime: a container keeps the one it was created with. */
  readonly runtimePath: string;
  readonly runtimeArguments: readonly string[];
  /** `--timeout` in seconds; 0: none. */
  readonly timeout?: number;
  readonly sdnotify?: 'container' | 'conmon' | 'healthy' | 'ignore';
  readonly newKeyring?: boolean;
  readonly noPivot?: boolean;
}

/** Where one container's files are (podman's layout below the store's roots). */
export interface ContainerPaths {
  /** `<graph root>/D-containers/<id>/userdata`: config.json, log, attach socket, control FIFO, shm. */
  readonly bundle: string;
  /** `<run root>/D-containers/<id>/userdata`: pidfile, conmon.pid, oci-log, hosts, resolv.conf, hostname. */
  readonly runDirectory: string;
  /** conmon's exit files, one per container. */
  readonly exitDirectory: string;
  /** Of this container, for newer conmons: exit and oom. */
  readonly persistDirectory?: string;
  /** Pinned network namespaces: `/run/netns`, or below XDG_RUNTIME_DIR. */
  readonly netnsDirectory: string;
}

/** Whether the container's namespace is made and pinned before the runtime sees it. */
export function hasPinnedNetwork({ network }: Pick<ContainerConfig, 'network'>): boolean {
  return network.mode === 'bridge' || network.mode === 'user';
}

/** Ports of the host that lead to the container's. */
export function publishedPorts({ network }: Pick<ContainerConfig, 'network'>): readonly PortMapping[] {
  return network.mode === 'bridge' || network.mode === 'user' ? network.ports : [];
}

/** Path of the container's pinned network namespace; the same before and after a crash, so that it can be swept. */
export function netnsPath(config: ContainerConfig, paths: ContainerPaths): string {
  return `${paths.netnsDirectory}/lighter-${config.id.slice(0, 32)}`;
}
