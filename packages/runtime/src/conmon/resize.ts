/** Telling conmon the size of the terminal through the bundle's control FIFO: lines of three integers. */
import { closeSync, constants, openSync, writeSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';

const RESIZE = 1;
const REOPEN_LOGS = 2;
/** A FIFO that nobody reads yet says ENXIO, a full one EAGAIN: conmon is then asked again, for a minute. */
const ATTEMPTS = 600;
const PAUSE_MS = 100;

export async function resizeTerminal(
  bundle: string,
  size: { readonly rows: number; readonly columns: number },
): Promise<void> {
  await control(bundle, RESIZE, size.rows, size.columns);
}

/** After a log file was moved away: conmon opens a new one under the old name. */
export async function reopenLogs(bundle: string): Promise<void> {
  await control(bundle, REOPEN_LOGS, 0, 0);
}

async function control(bundle: string, type: number, first: number, second: number): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      const fd = openSync(`${bundle}/ctl`, constants.O_WRONLY | constants.O_NONBLOCK);
      try {
        writeSync(fd, `${type} ${first} ${second}\n`);
        return;
      } finally {
        closeSync(fd);
      }
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (attempt === ATTEMPTS || (code !== 'EAGAIN' && code !== 'EINTR' && code !== 'ENXIO')) throw error;
    }
    await pause(PAUSE_MS);
  }
}
