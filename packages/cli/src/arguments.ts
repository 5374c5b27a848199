/** How many arguments a command takes; refusals are cobra's. */

import { FlagError } from './flag-parser.ts';
import { goQuote } from './go-quote.ts';

/** Throws when the arguments of a command are too few or too many. `path` is `podman container rm`. */
export type ArgumentsRule = (args: readonly string[], path: string) => void;

export function exactArguments(count: number): ArgumentsRule {
  return ({ length }) => refuse(length !== count, `accepts ${count} arg(s), received ${length}`);
}

export function minimumArguments(count: number): ArgumentsRule {
  return ({ length }) => refuse(length < count, `requires at least ${count} arg(s), only received ${length}`);
}

export function maximumArguments(count: number): ArgumentsRule {
  return ({ length }) => refuse(length > count, `accepts at most ${count} arg(s), received ${length}`);
}

export function rangeOfArguments(least: number, most: number): ArgumentsRule {
  return ({ length }) =>
    refuse(length < least || length > most, `accepts between ${least} and ${most} arg(s), received ${length}`);
}

/** Podman's words; other programs name the first argument as an unknown command. */
export const noArguments: ArgumentsRule = (args, path) =>
  refuse(
    args.length > 0,
    path.startsWith('podman ')
      ? `\`${path}\` takes no arguments`
      : `unknown command ${goQuote(args[0] ?? '')} for ${goQuote(path)}`,
  );

function refuse(wrong: boolean, message: string): void {
  if (wrong) throw new ArgumentsError(message);
}

/** Too few or too many arguments. Unlike other faults of the command line it gets no hint at the help. */
export class ArgumentsError extends FlagError {
  override readonly name = 'ArgumentsError';
}
