/** Runs one of a program's verbs: finds it, parses flags, prints errors once and chooses the exit status. */
import { ArgumentsError } from './arguments.ts';
import type { Command } from './command.ts';
import { Interrupted } from './exit.ts';
import { findVerb } from './find-verb.ts';
import { FlagError, type FlagSet, type FlagValues, HelpWanted, type ParsedFlags, parseFlags } from './flag-parser.ts';
import type { AnyProgram, Program } from './program-types.ts';
import { endOnUncaught, reportError } from './report.ts';

export { ExitStatus, Interrupted, NotBuilt } from './exit.ts';
export type { Program, ProgramStyle } from './program-types.ts';

/** Runs the program and sets the exit status. */
export async function runProgram<S extends FlagSet, Context>(
  program: Program<S, Context>,
  argv: readonly string[],
): Promise<void> {
  endOnUncaught(program);
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

async function dispatch<S extends FlagSet, Context>(
  program: Program<S, Context>,
  argv: readonly string[],
  signal: AbortSignal,
): Promise<number> {
  const [first = ''] = argv;
  if (first === '__complete' || first === '__completeNoDesc') {
    const { printCompletions } = await import('./complete.ts');
    return printCompletions(program, argv.slice(1), first === '__complete');
  }
  let own: ParsedFlags<S>;
  try {
    own = parseFlags(program.flags, argv, { interspersed: false });
  } catch (error) {
    if (error instanceof HelpWanted) return showHelp(program, []);
    throw hinted(program, program.name, error);
  }
  const [word] = own.args;
  if (word === 'help') return showHelp(program, own.args.slice(1));
  if (word === 'completion' && !Object.hasOwn(program.verbs, word)) {
    const { printCompletionScript } = await import('./completion-scripts.ts');
    return printCompletionScript(program.name, own.args.slice(1));
  }
  const words = wordsOf(own.args);
  const found = findVerb(program, words);
  const verb = found.verb ?? (own.args.length === 0 ? program.withoutVerb : undefined);
  if (!verb) return endWithoutVerb(program, found.path, own.args);
  const { command } = await verb.load();
  const verbEnd = words.length - found.rest.length;
  let parsed: ParsedFlags<FlagSet>;
  try {
    parsed = parseFlags(withProgramFlags(command.flags, program.flags), own.args.slice(verbEnd), {
      interspersed: command.interspersed ?? true,
    });
    command.arguments?.(parsed.args, found.path);
  } catch (error) {
    if (error instanceof HelpWanted) return showHelp(program, words.slice(0, verbEnd));
    throw hinted(program, found.path, error);
  }
  const programFlags = { ...own.flags };
  for (const name of Object.keys(program.flags)) {
    if (Object.hasOwn(parsed.flags, name) && !Object.hasOwn(command.flags, name))
      (programFlags as Record<string, unknown>)[name] = parsed.flags[name];
  }
  return runCommand(program, command, programFlags, parsed, signal);
}

/** The words before the first flag: the verb is among them. */
function wordsOf(args: readonly string[]): readonly string[] {
  const end = args.findIndex((word) => word.startsWith('-'));
  return end < 0 ? args : args.slice(0, end);
}

/** The verb's flags, and those of the program that it hasn't got; where both have a letter it is the verb's. */
function withProgramFlags(verb: FlagSet, program: FlagSet): FlagSet {
  const letters = new Set(Object.values(verb).map(({ short }) => short));
  const inherited = Object.entries(program).map(([name, kind]) => {
    const { short, ...rest } = kind;
    return [name, short !== undefined && letters.has(short) ? rest : kind] as const;
  });
  return { ...Object.fromEntries(inherited), ...verb };
}

/** Podman says where to read on. */
function hinted(program: AnyProgram, path: string, error: unknown): unknown {
  if (!(error instanceof FlagError) || error instanceof ArgumentsError || program.style !== 'podman') return error;
  return new FlagError(`${error.message}\nSee '${path} --help'`, { cause: error });
}

async function showHelp(program: AnyProgram, words: readonly string[]): Promise<number> {
  const { helpText } = await import('./help.ts');
  process.stdout.write(await helpText(program, words));
  return 0;
}

/** The command line ends at the program itself or at a group of verbs. */
async function endWithoutVerb(program: AnyProgram, path: string, args: readonly string[]): Promise<number> {
  const words = wordsOf(args);
  try {
    // What stands there are flags, and there are none to have.
    parseFlags(program.flags, args.slice(words.length));
  } catch (error) {
    if (error instanceof HelpWanted) return showHelp(program, words);
    throw hinted(program, path, error);
  }
  if (program.style === 'skopeo')
    throw new FlagError(`Missing command '${path} COMMAND'\nTry '${path} --help' for more information`);
  await showHelp(program, words);
  if (program.style === 'podman') throw new FlagError(`missing command '${path} COMMAND'`);
  return 0;
}

async function runCommand<S extends FlagSet, Context>(
  program: Program<S, Context>,
  // biome-ignore lint/suspicious/noExplicitAny: each verb has its own flags.
  command: Command<any, Context>,
  programFlags: FlagValues<S>,
  { flags, args, dashAt }: ParsedFlags<FlagSet>,
  signal: AbortSignal,
): Promise<number> {
  const context = await program.context(programFlags);
  try {
    return (await command.run({ flags, args, dashAt, context, signal })) ?? 0;
  } finally {
    await program.close?.(context);
  }
}
