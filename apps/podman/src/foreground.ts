/** A container on our own streams: what is attached, the terminal, signals passed on. */
import { log } from '@lighter/cli/log';
import { parseDetachKeys } from '@lighter/container/attach/detach-keys';
import type { Engine } from '@lighter/engine/engine';
import type { Ownership } from '@lighter/engine/owner';
import type { ContainerRecord } from '@lighter/engine/record';
import { type ForegroundOptions, type Running, runInForeground } from '@lighter/engine/run';
import { callerIgnoredSignals } from '@lighter/linux/launched';
import { linux } from '@lighter/linux/native';
import { signalNumber } from '@lighter/linux/signals';
import { disarmWatcher } from '@lighter/linux/watcher';

export interface AttachOptions {
  /** `--attach`: names of streams; undefined: all. */
  readonly attach?: readonly string[] | undefined;
  /** Our stdin is the container's, too. */
  readonly interactive: boolean;
  readonly detachKeys?: string | undefined;
  readonly sigProxy?: boolean | undefined;
  readonly preservedFds?: readonly number[];
  readonly signal: AbortSignal;
}

export async function runAttached(
  engine: Engine,
  record: ContainerRecord,
  owner: Ownership,
  options: AttachOptions,
): Promise<number> {
  const foreground = await foregroundOptions(engine, record, options);
  const how = await runInForeground(engine, record, owner, {
    ...foreground,
    onStarted(running) {
      disarmWatcher();
      return foreground.onStarted?.(running);
    },
  });
  return how === 'detached' ? 0 : how & 0xff;
}

/** Which of our streams a container is joined with, and what the terminal and signals do meanwhile. */
export async function foregroundOptions(
  engine: Engine,
  record: ContainerRecord,
  options: AttachOptions,
): Promise<ForegroundOptions> {
  const streams = attachedStreams(options.attach);
  const { engine: settings } = await engine.conf();
  const { terminal } = record.config.io;
  const keys = parseDetachKeys(options.detachKeys ?? settings.detach_keys);
  // Keys are typed at a terminal; in a stream without one the same bytes are data.
  const detachKeys = terminal ? keys : new Uint8Array();
  // A container on our own descriptors needs no attaching.
  const passedThrough = record.config.io.logDriver === 'passthrough';
  const raw = terminal && options.interactive && process.stdin.isTTY;
  return {
    ...(streams.has('stdin') && options.interactive && !passedThrough ? { stdin: 0, detachKeys } : {}),
    ...(streams.has('stdout') ? { stdout: 1 } : {}),
    ...(streams.has('stderr') ? { stderr: 2 } : {}),
    signal: options.signal,
    ...(options.preservedFds ? { preservedFds: options.preservedFds } : {}),
    warn: (message) => log('warn', message),
    onStarted(running) {
      const undo = [
        ...(terminal ? [followSize(running)] : []),
        ...(raw ? [rawMode()] : []),
        ...(options.sigProxy !== false && !raw ? [passSignals(running, options.signal)] : []),
      ];
      return () => {
        for (const one of undo) one();
      };
    },
  };
}

function attachedStreams(attach: readonly string[] | undefined): Set<string> {
  const names = attach?.map((name) => name.toLowerCase()) ?? ['stdin', 'stdout', 'stderr'];
  const wrong = names.find((name) => !['stdin', 'stdout', 'stderr'].includes(name));
  if (wrong !== undefined) {
    throw new Error(
      `invalid stream ${JSON.stringify(wrong)} for --attach - must be one of stdin, stdout, or stderr: invalid argument`,
    );
  }
  return new Set(names);
}

/** The container's terminal is as large as ours. */
export function followSize(running: Running): () => void {
  const resize = () => {
    const size = linux.terminalSize(1) ?? linux.terminalSize(0);
    if (size) running.resize(size).catch(() => {}); // it may just have ended
  };
  resize();
  process.on('SIGWINCH', resize);
  return () => void process.off('SIGWINCH', resize);
}

export function rawMode(): () => void {
  const saved = linux.makeRaw(0);
  return () => linux.restoreTerminal(0, saved);
}

const proxied = ['SIGHUP', 'SIGINT', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2', 'SIGTERM', 'SIGCONT', 'SIGALRM'] as const;

/** `begun` was aborted by a signal that came before the container could have it. */
function passSignals(running: Running, begun: AbortSignal): () => void {
  const pass = (name: NodeJS.Signals) => {
    running.kill(signalNumber(name) ?? 15).catch(() => {}); // it may just have ended
  };
  // What `nohup` made us ignore stays ignored.
  const ignored = callerIgnoredSignals();
  const passed = proxied.filter((name) => !ignored.includes(signalNumber(name) ?? 0));
  for (const name of passed) process.on(name, pass);
  if (begun.aborted) pass((begun.reason as { signal?: NodeJS.Signals }).signal ?? 'SIGTERM');
  return () => {
    for (const name of passed) process.off(name, pass);
  };
}
