/** Runs one of a program's verbs: finds it, parses flags, prints errors once and chooses the exit status. */
import type { Command, Verb } from './command.ts';
import { type FlagSet, type FlagValues, HelpWanted, parseFlags } from './flags.ts';

export interface Program<S extends FlagSet, Context> {
  readonly name: string;
  readonly summary: string;
  readonly flags: S;
  readonly verbs: Readonly<Record<string, Verb<Context>>>;
  /** Verbs of upstream that aren't there yet. */
  readonly later: readonly string[];
  /** Exit status of an error. Default 125. */
  readonly errorStatus?: number;
  context(flags: FlagValues<S>): Promise<Context> | Context;
  /** Called at the end, whatever happened. */
  close?(context: Context): Promise<void>;
  /** Prints an error; default `Error: text`. May choose another exit status. */
  report?(error: unknown): number | undefined;
}

/** Runs the program and sets the exit status. */
export async function runProgram<S extends FlagSet, Context>(
  program: Program<S, Context>,
  argv: readonly string[],
): Promise<void> {
  endQuietlyOnClosedPipe();
  const abort = new AbortController();
  const stop = (name: NodeJS.Signals) => abort.abort(new Interrupted(name));
  process.once('SIGINT', stop).once('SIGTERM', stop);
  try {
    process.exitCode = await dispatch(program, argv, abort.signal);
  } catch (error) {
    process.exitCode = reportError(program, abort.signal.aborted ? abort.signal.reason : error);
  } finally {
    process.off('SIGINT', stop).off('SIGTERM', stop);
  }
}

/** The user or the system asked the program to stop. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';
  readonly signal: NodeJS.Signals;

  constructor(signal: NodeJS.Signals) {
    super(`interrupted by ${signal}`);
    this.signal = signal;
  }
}

/** A command's own exit status with an error that was already told, or needs no words. */
export class ExitStatus extends Error {
  override readonly name = 'ExitStatus';
  readonly status: number;

  constructor(status: number) {
    super(`exit status ${status}`);
    this.status = status;
  }
}

async function dispatch<S extends FlagSet, Context>(
  program: Program<S, Context>,
  argv: readonly string[],
  signal: AbortSignal,
): Promise<number> {
  const { name } = program;
  let own: ReturnType<typeof parseFlags<S>>;
  try {
    own = parseFlags(program.flags, argv, { interspersed: false });
  } catch (error) {
    if (error instanceof HelpWanted) return showProgramHelp(program);
    throw error;
  }
  const [verbName, ...rest] = own.args;
  if (verbName === undefined || verbName === 'help') return showProgramHelp(program);
  const verb = findVerb(program, verbName);
  const { command } = await verb.load();
  let parsed: ReturnType<typeof parseFlags>;
  try {
    // The program's flags may also stand behind the verb.
    parsed = parseFlags({ ...program.flags, ...command.flags }, rest, { interspersed: command.interspersed ?? true });
  } catch (error) {
    if (!(error instanceof HelpWanted)) throw error;
    const { commandHelp } = await import('./help.ts');
    process.stdout.write(commandHelp(name, command));
    return 0;
  }
  return runCommand(program, command, { ...own.flags, ...parsed.flags } as FlagValues<S>, parsed, signal);
}

async function runCommand<S extends FlagSet, Context>(
  program: Program<S, Context>,
  // biome-ignore lint/suspicious/noExplicitAny: each verb has its own flags.
  command: Command<any, Context>,
  programFlags: FlagValues<S>,
  { flags, args, dashAt }: ReturnType<typeof parseFlags>,
  signal: AbortSignal,
): Promise<number> {
  const context = await program.context(programFlags);
  try {
    return (await command.run({ flags, args, dashAt, context, signal })) ?? 0;
  } finally {
    await program.close?.(context);
  }
}

function findVerb<S extends FlagSet, Context>(
  { name, verbs, later }: Program<S, Context>,
  wanted: string,
): Verb<Context> {
  const verb = Object.hasOwn(verbs, wanted)
    ? verbs[wanted]
    : Object.values(verbs).find(({ aliases }) => aliases?.includes(wanted));
  if (verb) return verb;
  if (later.includes(wanted)) throw new Error(`${name} ${wanted} is not built yet in this release`);
  throw new Error(`unknown command ${JSON.stringify(wanted)} for ${JSON.stringify(name)}`);
}

async function showProgramHelp<S extends FlagSet, Context>({
  name,
  summary,
  verbs,
  flags,
}: Program<S, Context>): Promise<number> {
  const { programHelp } = await import('./help.ts');
  process.stdout.write(programHelp(name, summary, verbs as Readonly<Record<string, Verb<never>>>, flags));
  return 0;
}

function reportError<S extends FlagSet, Context>(program: Program<S, Context>, error: unknown): number {
  if (error instanceof ExitStatus) return error.status;
  const own = program.report?.(error);
  if (own !== undefined) return own;
  if (!program.report) process.stderr.write(`Error: ${error instanceof Error ? error.message : String(error)}\n`);
  if (error instanceof Interrupted) return error.signal === 'SIGINT' ? 130 : 143;
  return program.errorStatus ?? 125;
}

/** `buildah images | head -1` is no fault. */
function endQuietlyOnClosedPipe(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
      process.exit(process.exitCode ?? 0);
    });
  }
}
