/** A program that serves one container's network until the container ends. */
import { closeSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { linux } from '@lighter/linux/native';
import { NetworkError } from '../errors.ts';

export interface HelperProgram {
  readonly file: string;
  /** Given the number of the descriptor that it writes to when it is ready. */
  readonly args: (ready: number) => readonly string[];
  readonly cwd?: string;
  readonly pidFile: string;
  /** Takes its output: it outlives every pipe of ours. */
  readonly logFile: string;
  /** Milliseconds. */
  readonly timeout: number;
}

const SIGTERM = 15;
const SIGKILL = 9;
const READY_FD = 3;
/** Milliseconds that it gets to end. */
const GRACE = 2000;

/** Returns when it is ready. Throws NetworkError with its own words when it isn't going to be. */
export async function startProgram(program: HelperProgram): Promise<void> {
  const { file, pidFile, logFile } = program;
  const log = openSync(logFile, 'w', 0o600);
  const [ready, writer] = linux.pipe();
  try {
    const argv = [file, ...program.args(READY_FD)];
    let pid: number;
    try {
      pid = linux.spawn({
        file,
        argv,
        fds: [-1, log, log, writer],
        newSession: true,
        ...(program.cwd === undefined ? {} : { cwd: program.cwd }),
      });
    } catch (cause) {
      throw new NetworkError('PLUGIN_FAILED', `starting ${file}: ${(cause as Error).message}`, { cause });
    }
    writeFileSync(pidFile, String(pid), { mode: 0o600 });
    closeSync(writer);
    if (await linux.read(ready, 1, AbortSignal.timeout(program.timeout))) return;
    const words = readFileSync(logFile, 'utf8').trim().split('\n').slice(-2).join('; ');
    throw new NetworkError('PLUGIN_FAILED', `${file} failed: ${words || 'it ended without a word'}`);
  } finally {
    closeSync(ready);
    closeSync(log);
  }
}

/** `mark`: a word of its command line; the number may be another process's by now. */
export async function endProgram(pidFile: string, mark: string): Promise<void> {
  let pid: number;
  try {
    pid = Number(readFileSync(pidFile, 'utf8'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  const process = openProcess(pid, mark);
  if (process !== undefined) {
    try {
      linux.pidfdSendSignal(process, SIGTERM);
      await linux.pidfdWait(process, AbortSignal.timeout(GRACE)).catch(() => linux.pidfdSendSignal(process, SIGKILL));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    } finally {
      closeSync(process);
    }
  }
  rmSync(pidFile, { force: true });
}

function openProcess(pid: number, mark: string): number | undefined {
  let fd: number;
  try {
    fd = linux.pidfdOpen(pid);
  } catch {
    return undefined;
  }
  try {
    if (readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').includes(mark)) return fd;
  } catch {
    // Ended meanwhile.
  }
  closeSync(fd);
  return undefined;
}
