/** The command line of an OCI runtime (runc and crun): start, kill, delete, state. */
import { basename } from 'node:path';
import type { State } from '@lighter/spec/runtime';
import { RuntimeError } from '../errors.ts';
import { runtimeFailure } from './failure.ts';
import { runCommand } from './process.ts';

/** A runtime binary with the options that stand before each of its commands. */
export interface OciRuntime {
  /** Absolute path. */
  readonly path: string;
  /** `--root` and the like, each with its dashes. */
  readonly globalArguments: readonly string[];
}

export function runtimeName(runtime: OciRuntime): string {
  return basename(runtime.path);
}

/** A runtime's environment holds only what it needs: where programs and, rootless, its state are. */
function runtimeEnvironment(): string[] {
  const env = [`PATH=${process.env['PATH'] ?? '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'}`];
  const runtimeDirectory = process.env['XDG_RUNTIME_DIR'];
  if (runtimeDirectory !== undefined) env.push(`XDG_RUNTIME_DIR=${runtimeDirectory}`);
  return env;
}

async function call(runtime: OciRuntime, ...args: readonly string[]): Promise<string> {
  const argv = [runtime.path, ...runtime.globalArguments, ...args];
  const { exit, output } = await runCommand(runtime.path, argv, runtimeEnvironment());
  if (exit.status === 0) return output;
  const text = output.trim() === '' ? `${args[0]} ended with ${JSON.stringify(exit)}` : logText(output);
  if (isGone(text)) {
    throw new RuntimeError('CONTAINER_UNKNOWN', `${runtimeName(runtime)}: ${text}`);
  }
  throw runtimeFailure(runtimeName(runtime), text);
}

/** The message of a line like `time="…" level=error msg="…"`, which runc writes when it isn't on a terminal. */
function logText(output: string): string {
  const quoted = /level=(?:error|fatal) msg=("(?:[^"\\]|\\.)*")/.exec(output)?.[1];
  if (quoted === undefined) return output.trim();
  try {
    return JSON.parse(quoted) as string;
  } catch {
    return output.trim();
  }
}

/** runc: `container does not exist`, `process already finished`; crun: ``error opening file `…/status` ``, `No such process`. */
function isGone(text: string): boolean {
  return /container(?: "?[0-9a-f]+"?)? does not exist|container not running|no such process|process already finished|error opening file .*\/status|cannot open .*\/status|is not running/i.test(
    text,
  );
}

export async function startContainer(runtime: OciRuntime, id: string): Promise<void> {
  await call(runtime, 'start', id);
}

/** Freezes all processes. */
export async function pauseContainer(runtime: OciRuntime, id: string): Promise<void> {
  await call(runtime, 'pause', id);
}

export async function resumeContainer(runtime: OciRuntime, id: string): Promise<void> {
  await call(runtime, 'resume', id);
}

/** Sends a signal by number. Throws `CONTAINER_UNKNOWN` when nothing is left to kill. */
export async function killContainer(runtime: OciRuntime, id: string, signal: number, all: boolean): Promise<void> {
  await call(runtime, 'kill', ...(all ? ['--all'] : []), id, String(signal));
}

/** Removes what the runtime keeps about a container. With `force` a missing container is no error. */
export async function deleteContainer(runtime: OciRuntime, id: string, force: boolean): Promise<void> {
  try {
    await call(runtime, 'delete', ...(force ? ['--force'] : []), id);
  } catch (error) {
    if (!(force && error instanceof RuntimeError && error.code === 'CONTAINER_UNKNOWN')) throw error;
  }
}

export async function containerState(runtime: OciRuntime, id: string): Promise<State | undefined> {
  try {
    return JSON.parse(await call(runtime, 'state', id)) as State;
  } catch (error) {
    if (error instanceof RuntimeError && error.code === 'CONTAINER_UNKNOWN') return undefined;
    throw error;
  }
}
