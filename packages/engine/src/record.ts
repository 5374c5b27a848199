/** What is kept of a container, and what it is doing now. */
import type { ContainerConfig } from '@lighter/container/config';
import type { NetworkStatus } from '@lighter/network/types';

/** Decided at creation. */
export interface ContainerRecord {
  readonly id: string;
  readonly name: string;
  readonly config: ContainerConfig;
  /** RFC 3339 with nanoseconds. */
  readonly created: string;
  /** As given on the command line. */
  readonly createCommand: readonly string[];
  readonly command: readonly string[];
  readonly entrypoint?: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
  readonly image?: { readonly id: string; readonly name: string; readonly digest?: string };
  readonly cidFile?: string;
  readonly pidFile?: string;
  /** Environment as the container sees it, without what the runtime adds. */
  readonly interactive: boolean;
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
