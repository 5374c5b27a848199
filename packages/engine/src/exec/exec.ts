/** `podman exec`: a further process in a running container. */
import { readFileSync } from 'node:fs';
import { pumpAttach } from '@lighter/container/attach/pump';
import { type ExecOptions, execProcess } from '@lighter/container/exec/process';
import { readHostFacts } from '@lighter/runtime/host';
import type { ExecSession, Monitor } from '@lighter/runtime/types';
import type { Spec } from '@lighter/spec/runtime';
import type { Engine } from '../engine.ts';
import { EngineError } from '../errors.ts';
import type { Running } from '../run.ts';
import type { Container } from '../state/containers.ts';
import { createSession, removeSession, type SessionRecord, sessionDirectory, sweepSessions } from './sessions.ts';

export interface ExecCommand extends ExecOptions {
  /** Keep stdin open. */
  readonly interactive: boolean;
  /** Of the terminal. */
  readonly size?: { readonly rows: number; readonly columns: number };
  readonly preservedFds?: readonly number[];
}

export interface ExecStreams {
  readonly stdin?: number;
  readonly stdout?: number;
  readonly stderr?: number;
  readonly detachKeys?: Uint8Array;
  /** The process runs. Returns how to undo what was set up. */
  readonly onStarted?: (running: Running) => () => void;
}

/** Leaves the process to itself. Returns the session's id. */
export async function execDetached(engine: Engine, container: Container, command: ExecCommand): Promise<string> {
  const { record, session } = await begin(engine, container, command, false);
  await session[Symbol.asyncDispose]();
  return record.id;
}

/** Joined with our streams until it ends: its exit code; or until the user leaves by the detach keys. */
export async function execInForeground(
  engine: Engine,
  container: Container,
  command: ExecCommand,
  streams: ExecStreams,
): Promise<number | 'detached'> {
  const { record, monitor, session } = await begin(engine, container, command, true);
  const directory = sessionDirectory(engine, record);
  await using running = session;
  const undo = streams.onStarted?.({
    async kill(signal) {
      process.kill(running.pid, signal);
    },
    resize: (size) => monitor.resize(directory, size),
  });
  try {
    if (running.stream && (await pumpAttach(running.stream, streams)) === 'detached') return 'detached';
    const code = await running.exitCode();
    removeSession(engine, record);
    return code;
  } finally {
    undo?.();
  }
}

async function begin(
  engine: Engine,
  { record: container, state }: Container,
  command: ExecCommand,
  attach: boolean,
): Promise<{ readonly record: SessionRecord; readonly monitor: Monitor; readonly session: ExecSession }> {
  if (command.command.length === 0) {
    throw new EngineError('INVALID', 'must provide a non-empty command to start an exec session: invalid argument');
  }
  if (state.status !== 'running') {
    throw new EngineError(
      'STATE_IMPROPER',
      'can only create exec sessions on running containers: container state improper',
    );
  }
  const { config } = container;
  const { bundle } = engine.containerPaths(container.id);
  const spec = JSON.parse(readFileSync(`${bundle}/config.json`, 'utf8')) as Spec;
  const bounding = command.privileged ? readHostFacts().boundingCapabilities : [];
  const process = execProcess(config, spec.root?.path ?? '', command, bounding);
  const monitor = await engine.monitor(config);
  sweepSessions(engine, container.id);
  const record = createSession(engine, container.id, command.command);
  try {
    const session = await monitor.exec({
      containerId: container.id,
      session: record.id,
      name: container.name,
      directory: sessionDirectory(engine, record),
      process,
      stdin: command.interactive,
      attach,
      systemdCgroup: config.cgroups.manager === 'systemd' && config.cgroups.enabled,
      ...(config.cgroups.enabled && config.cgroups.conmon !== undefined ? { conmonCgroup: config.cgroups.conmon } : {}),
      ...(command.size ? { size: command.size } : {}),
      ...(command.preservedFds ? { preservedFds: command.preservedFds } : {}),
    });
    return { record, monitor, session };
  } catch (error) {
    removeSession(engine, record);
    throw error;
  }
}
