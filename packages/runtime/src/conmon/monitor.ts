/** The Monitor on conmon and an OCI runtime's command line. */
import { rmSync } from 'node:fs';
import {
  containerState,
  deleteContainer,
  killContainer,
  type OciRuntime,
  pauseContainer,
  resumeContainer,
  startContainer,
} from '../oci/command.ts';
import type { AttachStream, CreateRequest, ExecRequest, ExecSession, Monitor, PendingContainer } from '../types.ts';
import { attachToConmon } from './attach.ts';
import { readExitFile, waitForExitFile } from './exit-file.ts';
import { conmonFeatures } from './features.ts';
import { resizeTerminal } from './resize.ts';
import { spawnConmon } from './start.ts';

export interface ConmonOptions {
  /** Absolute path of conmon. */
  readonly conmonPath: string;
  readonly runtime: OciRuntime;
  /** Below the run root: what is remembered about the installed conmon until the next boot. */
  readonly cacheDirectory: string;
}

export class ConmonMonitor implements Monitor {
  readonly #options: ConmonOptions;

  constructor(options: ConmonOptions) {
    this.#options = options;
  }

  get runtimePath(): string {
    return this.#options.runtime.path;
  }

  async spawn(request: CreateRequest): Promise<PendingContainer> {
    const { conmonPath, runtime, cacheDirectory } = this.#options;
    // Of an earlier start: whoever waits for this one mustn't find it.
    rmSync(`${request.exitDirectory}/${request.id}`, { force: true });
    return spawnConmon(conmonPath, request, runtime, await conmonFeatures(conmonPath, cacheDirectory));
  }

  start(id: string): Promise<void> {
    return startContainer(this.#options.runtime, id);
  }

  async exec(request: ExecRequest): Promise<ExecSession> {
    const { conmonPath, runtime } = this.#options;
    const { execInConmon } = await import('./exec.ts');
    return execInConmon(conmonPath, request, runtime);
  }

  pause(id: string): Promise<void> {
    return pauseContainer(this.#options.runtime, id);
  }

  resume(id: string): Promise<void> {
    return resumeContainer(this.#options.runtime, id);
  }

  async attach(bundle: string): Promise<AttachStream> {
    return attachToConmon(bundle);
  }

  resize(bundle: string, size: { readonly rows: number; readonly columns: number }): Promise<void> {
    return resizeTerminal(bundle, size);
  }

  kill(id: string, signal: number, options: { readonly all?: boolean } = {}): Promise<void> {
    return killContainer(this.#options.runtime, id, signal, options.all ?? false);
  }

  delete(id: string, options: { readonly force?: boolean } = {}): Promise<void> {
    return deleteContainer(this.#options.runtime, id, options.force ?? false);
  }

  async state(id: string): Promise<{ readonly status: string; readonly pid: number } | undefined> {
    const state = await containerState(this.#options.runtime, id);
    return state && { status: state.status, pid: state.pid ?? 0 };
  }

  exitCode(exitDirectory: string, id: string): { readonly code: number; readonly finishedAt: Date } | undefined {
    return readExitFile(exitDirectory, id);
  }

  waitExit(
    exitDirectory: string,
    id: string,
    options: { readonly signal?: AbortSignal; readonly conmonPid?: number } = {},
  ): Promise<number> {
    return waitForExitFile(exitDirectory, id, options);
  }
}
