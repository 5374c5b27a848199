/** `--retry-times`: what may work the next time is tried again, after 1, 2, 4… seconds. */
import { setTimeout as pause } from 'node:timers/promises';
import { log } from '@lighter/cli/log';

const transient = ['REGISTRY_UNREACHABLE', 'REGISTRY_ERROR', 'BLOB_UNREACHABLE', 'BLOB_TRUNCATED', 'BLOB_STATUS'];

export async function retrying<T>(times: number, work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      const { code = '', message } = error as { code?: string; message: string };
      if (attempt > times || !transient.includes(code)) throw error;
      const seconds = 2 ** (attempt - 1);
      log('warn', `Failed, retrying in ${seconds}s ... (${attempt}/${times}). Error: ${message}`);
      await pause(seconds * 1000);
    }
  }
}
