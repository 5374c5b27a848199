/** Doing something for several names: a failure doesn't stop the others, and all failures are told. */
import { ExitStatus } from '@lighter/cli/program';

/** Every failure but the last is printed at once; the last becomes the command's own. */
export async function forEachName(
  names: readonly string[],
  work: (name: string) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  let last: Error | undefined;
  for (const name of names) {
    signal.throwIfAborted();
    try {
      await work(name);
    } catch (error) {
      if (last) process.stderr.write(`${last.message}\n`);
      last = error as Error;
    }
  }
  if (last) throw last;
}

/** Failures as Go's multierror prints them; the exit status is 125. */
export function reportAll(failures: readonly Error[]): void {
  if (failures.length === 0) return;
  const lines = failures.map(({ message }) => `\t* ${message}\n`).join('');
  process.stderr.write(`Error: ${failures.length} error${failures.length === 1 ? '' : 's'} occurred:\n${lines}\n\n`);
  throw new ExitStatus(125);
}
