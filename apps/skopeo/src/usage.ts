/** Command lines with too few or too many arguments. */

/** Throws upstream's refusal, after the verb's help on stderr. */
export async function exactArguments(
  verb: string,
  args: readonly string[],
  count: number,
  refusal: string,
): Promise<void> {
  if (args.length === count) return;
  const [{ helpText }, { program }] = await Promise.all([import('@lighter/cli/help'), import('./program.ts')]);
  process.stderr.write(`${await helpText(program, [verb])}\n`);
  throw new Error(refusal);
}
