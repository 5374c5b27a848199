/** A container on our own streams: what is attached, the terminal, signals passed on. */

import { log } from '@lighter/cli/log';
import { parseDetachKeys } from '@lighter/container/attach/detach-keys';
import type { Engine } from '@lighter/engine/engine';
import type { Ownership } from '@lighter/engine/owner';
import type { ContainerRecord } from '@lighter/engine/record';
import { type ForegroundOptions, type Running, runInForeground } from '@lighter/engine/run';
import { linux } from '@lighter/linux/native';
import { signalNumber } from '@lighter/linux/signals';
import { disarmWatcher } from '@lighter/linux/watcher';

export interface AttachOptions {
  /** `--attach`: names of streams; undefined: all. */
  readonly attach?: readonly string[] | undefined;
  readonly detachKeys?: string | undefined;
  readonly sigProxy?: boolean | undefined;
}

const DETACH_KEYS = 'ctrl-p,ctrl-q';

export async function runAttached(
  engine: Engine,
  record: ContainerRecord,
  owner: Ownership,
  options: AttachOptions,
): Promise<number> {
  const streams = attachedStreams(options.attach);
  const detachKeys = parseDetachKeys(options.detachKeys ?? DETACH_KEYS);
  const terminal = record.config.io.terminal;
  const foreground: ForegroundOptions = {
    ...(streams.has('stdin') && record.interactive ? { stdin: 0, detachKeys } : {}),
    ...(streams.has('stdout') ? { stdout: 1 } : {}),
    ...(streams.has('stderr') ? { stderr: 2 } : {}),
    warn: (message) => log('warn', message),
    onStarted(running) {
      disarmWatcher();
      const undo = [
        ...(terminal ? [holdTerminal(running, record.interactive)] : []),
        ...(options.sigProxy !== false && !terminal ? [passSignals(running)] : []),
      ];
      return () => {
        for (const one of undo) one();
      };
    },
  };
  const how = await runInForeground(engine, record, owner, foreground);
  return how === 'detached' ? 0 : how;
}

function attachedStreams(attach: readonly string[] | undefined): Set<string> {
  const names = attach?.map((name) => name.toLowerCase()) ?? ['stdin', 'stdout', 'stderr'];
  const wrong = names.find((name) => !['stdin', 'stdout', 'stderr'].includes(name));
  if (wrong !== undefined)
    throw new Error(`invalid stream ${JSON.stringify(wrong)} for --attach - must be one of stdin, stdout, or stderr`);
  return new Set(names);
}

/** Raw mode while the container has our terminal, and its size. */
function holdTerminal(running: Running, interactive: boolean): () => void {
  const resize = () => {
    const size = linux.terminalSize(1) ?? linux.terminalSize(0);
    if (size) running.resize(size).catch(() => {}); // it may just have ended
  };
  resize();
  process.on('SIGWINCH', resize);
  const raw = interactive && process.stdin.isTTY;
  if (raw) process.stdin.setRawMode(true);
  return () => {
    process.off('SIGWINCH', resize);
    if (raw) process.stdin.setRawMode(false);
  };
}

const proxied = ['SIGHUP', 'SIGINT', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2', 'SIGTERM', 'SIGCONT', 'SIGALRM'] as const;

function passSignals(running: Running): () => void {
  const pass = (name: NodeJS.Signals) => {
    running.kill(signalNumber(name) ?? 15).catch(() => {}); // it may just have ended
  };
  for (const name of proxied) process.on(name, pass);
  return () => {
    for (const name of proxied) process.off(name, pass);
  };
}
