/** A subcommand: its flags, what it says in the help, and what it does. */
import type { FlagSet, FlagValues } from './flags.ts';

export interface Invocation<S extends FlagSet, Context> {
  readonly flags: FlagValues<S>;
  readonly args: readonly string[];
  /** Index of the first argument after `--`, -1 without one. */
  readonly dashAt: number;
  /** What the program's own flags led to. */
  readonly context: Context;
  /** Aborted by SIGINT and SIGTERM. */
  readonly signal: AbortSignal;
}

export interface Command<S extends FlagSet = FlagSet, Context = unknown> {
  /** `from [flags] IMAGE`, without the program's name. */
  readonly use: string;
  readonly summary: string;
  readonly flags: S;
  /** Flags may stand behind arguments. Default true. */
  readonly interspersed?: boolean;
  /** Returns the exit status; nothing is 0. */
  run(invocation: Invocation<S, Context>): Promise<number | undefined> | Promise<void>;
}

/** Where a verb's code is, loaded when it is called. */
export interface Verb<Context> {
  readonly summary: string;
  readonly aliases?: readonly string[];
  // biome-ignore lint/suspicious/noExplicitAny: each verb has its own flags.
  load(): Promise<{ readonly command: Command<any, Context> }>;
}

/** Gives a command its types from its own flags. */
export function defineCommand<Context>() {
  return <S extends FlagSet>(command: Command<S, Context>): Command<S, Context> => command;
}
