/** Skopeo's errors: a fatal log line, and 2 for an image that isn't there. */
import { log } from '@lighter/cli/log';

export function reportFailure(error: unknown): number {
  const { message, code } = error as { message?: string; code?: string };
  const text = message ?? String(error);
  log('fatal', text);
  return code === 'IMAGE_NOT_FOUND' ? 2 : 1;
}

/** Adds where it happened in front, as upstream does, keeping the code. */
export async function within<T>(what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const { message, code } = error as { message: string; code?: string };
    throw Object.assign(new Error(`${what}: ${message}`, { cause: error }), code === undefined ? {} : { code });
  }
}
