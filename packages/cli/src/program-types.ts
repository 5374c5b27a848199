/** What a program is made of. */
import type { Verb, VerbTable } from './command.ts';
import type { FlagSet, FlagValues } from './flag-parser.ts';

/** Whose wording help and usage errors have: cobra's own (buildah) or what podman and skopeo make of it. */
export type ProgramStyle = 'cobra' | 'podman' | 'skopeo';

export interface Program<S extends FlagSet, Context> {
  readonly name: string;
  readonly summary: string;
  /** Default `cobra`. */
  readonly style?: ProgramStyle;
  /** They stand before the verb, or behind it where the verb has none of that name. */
  readonly flags: S;
  readonly verbs: VerbTable<Context>;
  /** What the program does without a verb; default: its help. */
  readonly withoutVerb?: Verb<Context>;
  /** Verbs of upstream that aren't there yet; `container checkpoint` for those of a group. */
  readonly later: readonly string[];
  /** Exit status of an error. Default 125. */
  readonly errorStatus?: number;
  context(flags: FlagValues<S>): Promise<Context> | Context;
  /** Called at the end, whatever happened. */
  close?(context: Context): Promise<void>;
  /** Prints an error; default `Error: text`. May choose another exit status. */
  report?(error: unknown): number | undefined;
}

/** A program whatever its flags and context are. */
// biome-ignore lint/suspicious/noExplicitAny: help and completion look at the names only.
export type AnyProgram = Program<any, any>;
