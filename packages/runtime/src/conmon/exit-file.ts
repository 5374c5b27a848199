/** The exit file that conmon writes (temp + rename) when a container has ended: its exit code as decimal text. */
import { closeSync, readFileSync, statSync, watch } from 'node:fs';
import { linux } from '@lighter/linux/native';
import { RuntimeError } from '../errors.ts';

export interface ExitRecord {
  /** 0…255; 128 + n for signal n; -1 when conmon's own timeout ended the container. */
  readonly code: number;
  readonly finishedAt: Date;
}

export function readExitFile(exitDirectory: string, id: string): ExitRecord | undefined {
  const path = `${exitDirectory}/${id}`;
  try {
    const text = readFileSync(path, 'utf8');
    const code = Number.parseInt(text, 10);
    if (!Number.isInteger(code)) throw new RuntimeError('INVALID', `exit file ${path} holds ${JSON.stringify(text)}`);
    return { code, finishedAt: statSync(path).ctime };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/**
 * Resolves with the exit code once it is written. When `conmonPid` is given and that process ends without writing
 * one, rejects with `MONITOR_DIED`.
 */
export async function waitForExitFile(
  exitDirectory: string,
  id: string,
  options: { readonly signal?: AbortSignal; readonly conmonPid?: number } = {},
): Promise<number> {
  const done = new AbortController();
  const signal = options.signal ? AbortSignal.any([options.signal, done.signal]) : done.signal;
  // The watch stands before the first look, so that a file written in between is seen.
  const watcher = watch(exitDirectory, { persistent: true });
  try {
    return await new Promise<number>((resolve, reject) => {
      const look = () => {
        try {
          const record = readExitFile(exitDirectory, id);
          if (record) resolve(record.code);
          return record !== undefined;
        } catch (error) {
          reject(error);
          return true;
        }
      };
      watcher.on('error', reject);
      watcher.on('change', (_, name) => {
        if (name === null || name === id) look();
      });
      options.signal?.addEventListener('abort', () => reject(options.signal?.reason), { once: true });
      if (options.signal?.aborted) reject(options.signal.reason);
      if (look() || options.conmonPid === undefined) return;
      waitForProcess(options.conmonPid, signal).then(
        () => {
          if (!look()) {
            reject(
              new RuntimeError(
                'MONITOR_DIED',
                'conmon died without writing exit file, container exit code could not be retrieved',
              ),
            );
          }
        },
        (error) => {
          if (!signal.aborted) reject(error);
        },
      );
    });
  } finally {
    done.abort();
    watcher.close();
  }
}

/** Resolves when the process has ended, also when it isn't our child or has been gone for long. */
async function waitForProcess(pid: number, signal: AbortSignal): Promise<void> {
  let fd: number;
  try {
    fd = linux.pidfdOpen(pid);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return;
    throw error;
  }
  try {
    await linux.pidfdWait(fd, signal);
  } finally {
    closeSync(fd);
  }
}
