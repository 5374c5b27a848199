/** What is kept of a container, and what it is doing now. */
import type { ContainerConfig } from '@lighter/container/config';
import type { ContainerOptions } from '@lighter/container/options';
import type { NetworkStatus } from '@lighter/network/types';
import type { ContainerSecret } from './secrets/record.ts';
import type { MountPreparation } from './volumes/preparation.ts';
import type { ContainerVolume } from './volumes/record.ts';

/** Decided at creation. */
export interface ContainerRecord {
  readonly id: string;
  readonly name: string;
  readonly config: ContainerConfig;
  /** As they were asked for; `config` is what became of them. */
  readonly options: ContainerOptions;
  /** RFC 3339 with nanoseconds. */
  readonly created: string;
  /** As given on the command line. */
  readonly createCommand: readonly string[];
  readonly command: readonly string[];
  readonly entrypoint?: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
  readonly image?: { readonly id: string; readonly name: string; readonly digest?: string };
  /** `--rootfs`: the folder, and where the container's root is. */
  readonly rootfs?: { readonly source: string; readonly path: string };
  /** `80/tcp`, of the image and of `--expose`. */
  readonly exposedPorts?: readonly string[];
  readonly cidFile?: string;
  readonly pidFile?: string;
  readonly conmonPidFile?: string;
  /** With the container goes its image, when nothing else uses it. */
  readonly removeImage?: boolean;
  /** Ids of the containers that must run before it does. */
  readonly dependencies?: readonly string[];
  readonly secrets?: readonly ContainerSecret[];
  readonly volumes?: readonly ContainerVolume[];
  /** What each start has to do for its mounts. */
  readonly preparations?: readonly MountPreparation[];
}

/** Names of podman's states. */
export type ContainerStatus =
  | 'created'
  | 'initialized'
  | 'running'
  | 'paused'
  | 'stopping'
  | 'stopped'
  | 'exited'
  | 'removing';

/** How a container ended. */
export interface ContainerExit {
  /** 0…255, 128 + n for signal n; -1 when nobody saw it. */
  readonly code: number;
  /** Milliseconds since 1970. */
  readonly finished: number;
  readonly oomKilled?: boolean;
  readonly error?: string;
}

/** Changes while the container lives; kept in the run root, which a boot empties. */
export interface ContainerState {
  readonly status: ContainerStatus;
  readonly pid: number;
  readonly conmonPid: number;
  /** Milliseconds since 1970; 0: never. */
  readonly started: number;
  readonly exit?: ContainerExit;
  readonly network?: NetworkStatus;
  /** Everything of the last run is cleaned up. */
  readonly clean: boolean;
}

export const initialState: ContainerState = { status: 'created', pid: 0, conmonPid: 0, started: 0, clean: true };

/** conmon looks after it, and its guard will clean up. */
export function isGoingOn({ status }: Pick<ContainerState, 'status'>): boolean {
  return status === 'running' || status === 'paused' || status === 'stopping';
}
