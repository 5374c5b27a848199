/** The Monitor: what runs and watches containers (conmon and an OCI runtime; shim v2 later). */
import type { Exit } from '@lighter/linux/syscalls';
import type { Process } from '@lighter/spec/runtime';

export type { Exit };

/** Where a container's standard streams go besides its log. */
export interface ContainerIo {
  readonly terminal: boolean;
  /** Keep stdin open for attached clients. */
  readonly stdin: boolean;
  readonly logDriver: 'k8s-file' | 'journald' | 'none' | 'passthrough';
  readonly logPath?: string;
  /** Bytes. */
  readonly logSizeMax?: number;
  readonly logTag?: string;
}

export interface CreateRequest {
  readonly id: string;
  readonly name: string;
  /** Directory with config.json; conmon's attach socket and fifos go there. */
  readonly bundle: string;
  /** pidfile, conmon.pid, oci-log. */
  readonly runDirectory: string;
  readonly exitDirectory: string;
  readonly persistDirectory?: string;
  readonly io: ContainerIo;
  /** What conmon runs when the container has ended: the guard and its arguments. */
  readonly exitCommand?: readonly string[];
  readonly systemdCgroup: boolean;
  /** cgroupfs directory that conmon itself is moved to (relative to each hierarchy), or undefined for none. */
  readonly conmonCgroup?: string;
  /** Descriptors handed on to the container from 3 up. */
  readonly preservedFds?: readonly number[];
  /** Hand our own stdio to conmon (passthrough), else /dev/null. */
  readonly inheritStdio?: boolean;
  /** Seconds; 0 or undefined: none. */
  readonly timeout?: number;
  readonly sdnotifySocket?: string;
  /** conmon's own messages; default `warning`. */
  readonly logLevel?: string;
  /** The log goes with the container (`--rm`): it needn't be synced to disk at the end. */
  readonly volatileLog?: boolean;
  /** `keyring=false` in containers.conf: the container shares our session keyring. */
  readonly newKeyring?: boolean;
  /** `no_pivot_root` in containers.conf. */
  readonly noPivot?: boolean;
}

/**
 * A conmon that has been spawned but waits for its start byte: spawn it before anything that takes time, release it
 * when the bundle is written and the network pinned.
 */
export interface PendingContainer extends AsyncDisposable {
  /** What couldn't be done on the way but hinders nothing: the move to the cgroup. */
  readonly warnings: readonly string[];
  /**
   * Sends the start byte and waits for the runtime's create. Afterwards the attach socket is there. Throws
   * RuntimeError with the runtime's own words.
   */
  release(): Promise<{ readonly pid: number; readonly conmonPid: number }>;
  /** Without a release: ends conmon before it has done anything. */
  [Symbol.asyncDispose](): Promise<void>;
}

export interface AttachStream extends AsyncDisposable {
  /** Packets of the container's output, until it has gone. */
  read(): AsyncIterable<{ readonly stream: 'stdout' | 'stderr'; readonly data: Uint8Array }>;
  /** Resolves when conmon has taken all of it, which waits for a container that doesn't read. */
  write(data: Uint8Array, signal?: AbortSignal): Promise<void>;
  closeStdin(): void;
}

/** A further process in a running container. */
export interface ExecRequest {
  readonly containerId: string;
  /** 64 hexadecimal digits. */
  readonly session: string;
  /** The container's. */
  readonly name: string;
  /** Made for this session and empty: attach socket, FIFOs, pidfile, log and exit file go there. */
  readonly directory: string;
  readonly process: Process;
  /** Keep stdin open for us. */
  readonly stdin: boolean;
  /** Our streams are joined with the process's; without it, it is left to itself. */
  readonly attach: boolean;
  /** Of the terminal, before the process sees it. */
  readonly size?: { readonly rows: number; readonly columns: number };
  readonly systemdCgroup: boolean;
  readonly conmonCgroup?: string;
  readonly preservedFds?: readonly number[];
  readonly logLevel?: string;
}

export interface ExecSession extends AsyncDisposable {
  /** Of the process, in our PID namespace. */
  readonly pid: number;
  /** Undefined without `attach`. */
  readonly stream?: AttachStream;
  /** 0…255. Waits for the process; only with `attach`. Rejects with `MONITOR_DIED` when conmon went without a word. */
  exitCode(): Promise<number>;
}

export interface Monitor {
  readonly runtimePath: string;
  spawn(request: CreateRequest): Promise<PendingContainer>;
  start(id: string): Promise<void>;
  /** Throws RuntimeError with the runtime's own words when the process can't be started. */
  exec(request: ExecRequest): Promise<ExecSession>;
  pause(id: string): Promise<void>;
  resume(id: string): Promise<void>;
  attach(bundle: string): Promise<AttachStream>;
  resize(bundle: string, size: { readonly rows: number; readonly columns: number }): Promise<void>;
  kill(id: string, signal: number, options?: { readonly all?: boolean }): Promise<void>;
  delete(id: string, options?: { readonly force?: boolean }): Promise<void>;
  state(id: string): Promise<{ readonly status: string; readonly pid: number } | undefined>;
  /** Exit code from conmon's exit file, or undefined as long as there is none. */
  exitCode(exitDirectory: string, id: string): { readonly code: number; readonly finishedAt: Date } | undefined;
  /**
   * Resolves when conmon has written the exit file. With `conmonPid`, rejects with code `MONITOR_DIED` when that
   * process has ended without writing one.
   */
  waitExit(
    exitDirectory: string,
    id: string,
    options?: { readonly signal?: AbortSignal; readonly conmonPid?: number },
  ): Promise<number>;
}
