/** A container from its start to its end in the foreground. */
import { pumpAttach } from '@lighter/container/attach/pump';
import type { AttachStream } from '@lighter/runtime/types';
import { endRun, removeContainer } from './cleanup.ts';
import type { Engine } from './engine.ts';
import type { Ownership } from './owner.ts';
import type { ContainerExit, ContainerRecord } from './record.ts';
import { startContainer } from './start.ts';

export interface ForegroundOptions {
  /** Our descriptors that are joined with the container's streams. */
  readonly stdin?: number;
  readonly stdout?: number;
  readonly stderr?: number;
  readonly detachKeys?: Uint8Array;
  /** The container runs: signals may be passed on, a terminal may be set up. Returns how to undo that. */
  readonly onStarted?: (running: Running) => (() => void) | undefined;
  readonly preservedFds?: readonly number[];
  /** Ends the start, not the container. */
  readonly signal?: AbortSignal;
  readonly warn?: (message: string) => void;
}

export interface Running {
  kill(signal: number): Promise<void>;
  resize(size: { readonly rows: number; readonly columns: number }): Promise<void>;
}

/** Exit code, or 'detached' when the user left by the detach keys. */
export async function runInForeground(
  engine: Engine,
  record: ContainerRecord,
  owner: Ownership,
  options: ForegroundOptions,
): Promise<number | 'detached'> {
  const { id, config } = record;
  const paths = engine.containerPaths(id);
  let stream: AttachStream | undefined;
  try {
    const { monitor, state, warnings } = await startContainer(engine, record, {
      async onCreated(created) {
        // Passed through, its streams are our own.
        if (config.io.logDriver !== 'passthrough') stream = await created.attach(paths.bundle);
      },
      ...(options.preservedFds ? { preservedFds: options.preservedFds } : {}),
      ...(options.signal ? { signal: options.signal } : {}),
    });
    for (const warning of warnings) options.warn?.(warning);
    const undo = options.onStarted?.({
      kill: (signal) => monitor.kill(id, signal),
      resize: (size) => monitor.resize(paths.bundle, size),
    });
    let code: number;
    try {
      const { stdin, stdout, stderr, detachKeys } = options;
      const streams = {
        ...(stdin === undefined ? {} : { stdin }),
        ...(stdout === undefined ? {} : { stdout }),
        ...(stderr === undefined ? {} : { stderr }),
        ...(detachKeys ? { detachKeys } : {}),
      };
      if (stream && (await pumpAttach(stream, streams)) === 'detached') return 'detached';
      code = await monitor.waitExit(paths.exitDirectory, id, { conmonPid: state.conmonPid });
    } finally {
      undo?.();
    }
    const exit: ContainerExit = engine.containers.exitOf(id) ?? { code, finished: Date.now() };
    await endRun(engine, { record, state }, { exit });
    if (config.autoRemove) await removeContainer(engine, record);
    owner.finish();
    return code;
  } finally {
    await stream?.[Symbol.asyncDispose]();
  }
}

/** Undoes a start that failed. The container stays, unless it is one of `--rm`. */
export async function undoStart(engine: Engine, record: ContainerRecord, owner: Ownership): Promise<void> {
  const container = await engine.containers.find(record.id);
  if (!container) {
    owner.finish();
    return;
  }
  await endRun(engine, container);
  if (record.config.autoRemove) await removeContainer(engine, record);
  owner.finish();
}
