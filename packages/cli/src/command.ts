/** A subcommand: its flags, what it says in the help, and what it does. */
import type { ArgumentsRule } from './arguments.ts';
import type { FlagSet, FlagValues } from './flag-parser.ts';

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
  /** More than the summary, for the command's own help; lines as they are shown. */
  readonly description?: string;
  /** Command lines for the help, with the program's name. */
  readonly examples?: readonly string[];
  readonly flags: S;
  /** Flags may stand behind arguments. Default true. */
  readonly interspersed?: boolean;
  /** Checked before {@link run}. Without one the command checks its arguments itself. */
  readonly arguments?: ArgumentsRule;
  /** Proposals for the argument that begins with `prefix`; file names where it isn't there. */
  complete?(prefix: string, before: readonly string[]): Promise<readonly string[]> | readonly string[];
  /** Returns the exit status; nothing is 0. */
  run(invocation: Invocation<S, Context>): Promise<number | undefined> | Promise<void>;
}

interface Listed {
  readonly summary: string;
  readonly aliases?: readonly string[];
  /** Not shown in the help. */
  readonly hidden?: boolean;
}

/** Where a verb's code is, loaded when it is called. */
export interface Verb<Context> extends Listed {
  // biome-ignore lint/suspicious/noExplicitAny: each verb has its own flags.
  load(): Promise<{ readonly command: Command<any, Context> }>;
}

/** `podman container` with its own verbs. */
export interface VerbGroup<Context> extends Listed {
  readonly verbs: VerbTable<Context>;
}

export type VerbTable<Context> = Readonly<Record<string, Verb<Context> | VerbGroup<Context>>>;

/** Gives a command its types from its own flags. */
export function defineCommand<Context>() {
  return <S extends FlagSet>(command: Command<S, Context>): Command<S, Context> => command;
}
