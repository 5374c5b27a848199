/** Asks before something is lost for good. */
import { createInterface } from 'node:readline/promises';

/** Whether the user said yes; the end of the input is a no. */
export async function confirm(warning: string): Promise<boolean> {
  process.stdout.write(`${warning}\nAre you sure you want to continue? [y/N] `);
  const input = createInterface({ input: process.stdin });
  try {
    for await (const line of input) return /^y(es)?$/i.test(line.trim());
    return false;
  } finally {
    input.close();
  }
}
