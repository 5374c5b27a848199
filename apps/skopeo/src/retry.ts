/** `--retry-times`: what may work the next time is tried again, after 1, 2, 4… seconds or a fixed delay. */
import { setTimeout as pause } from 'node:timers/promises';
import { duration, int } from '@lighter/cli/flags';
import { log } from '@lighter/cli/log';

export const retryFlags = {
  'retry-delay': duration('Fixed delay between retries. If not set, retry uses an exponential backoff delay.'),
  'retry-times': int('the number of times to possibly retry'),
};

interface RetryFlags {
  /** In nanoseconds. */
  readonly 'retry-delay'?: number;
  readonly 'retry-times'?: number;
}

const transient = ['REGISTRY_UNREACHABLE', 'REGISTRY_ERROR', 'BLOB_UNREACHABLE', 'BLOB_TRUNCATED', 'BLOB_STATUS'];

export async function retrying<T>(flags: RetryFlags, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  const times = flags['retry-times'] ?? 0;
  const delay = flags['retry-delay'] ?? 0;
  for (let attempt = 1; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      const { code = '', message, status } = error as { code?: string; message: string; status?: number };
      const final = status === 500 || status === 404 || !transient.includes(code);
      if (attempt > times || final || signal.aborted) throw error;
      const milliseconds = delay > 0 ? delay / 1e6 : 1000 * 2 ** (attempt - 1);
      log('warn', `Failed, retrying in ${milliseconds / 1000}s ... (${attempt}/${times}). Error: ${message}`);
      // Many clients that failed together shouldn't come back together.
      await pause(milliseconds * (1 + Math.random() / 10), undefined, { signal });
    }
  }
}
