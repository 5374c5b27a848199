/** One verb over several arguments: each is tried, each failure is a line, the first failure's status is the command's. */
import { ExitStatus } from '@lighter/cli/program';

export async function each<T>(
  items: readonly T[],
  work: (item: T) => Promise<void>,
  statusOf: (error: unknown) => number = () => 125,
): Promise<void> {
  const failures: { readonly error: Error; readonly status: number }[] = [];
  for (const item of items) {
    try {
      await work(item);
    } catch (error) {
      failures.push({ error: error as Error, status: statusOf(error) });
    }
  }
  for (const { error } of failures) process.stderr.write(`Error: ${error.message}\n`);
  const [first] = failures;
  if (first) throw new ExitStatus(Math.min(...failures.map(({ status }) => status)));
}

/** Exactly the number of arguments that a verb takes. */
export function expectArguments(
  verb: string,
  args: readonly string[],
  atLeast: number,
  atMost = Number.POSITIVE_INFINITY,
): void {
  if (args.length < atLeast)
    throw new Error(
      `"podman ${verb}" requires at least ${atLeast} argument${atLeast === 1 ? '' : 's'}, received ${args.length}`,
    );
  if (args.length > atMost)
    throw new Error(
      `"podman ${verb}" accepts at most ${atMost} argument${atMost === 1 ? '' : 's'}, received ${args.length}`,
    );
}
