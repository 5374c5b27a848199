/**
 * What a shell proposes at the cursor, in cobra's `__complete` protocol: one proposal a line with its description behind a
 * tab, then a line `:N` of directive bits. Scripts that Go's tools printed for a shell work with ours too.
 */
import type { Command } from './command.ts';
import { findVerb } from './find-verb.ts';
import type { FlagKind } from './flag-kinds.ts';
import type { FlagSet } from './flag-parser.ts';
import type { AnyProgram } from './program-types.ts';

/** Bits of cobra's ShellCompDirective. */
const FILES = 0;
const NO_SPACE = 2;
const NO_FILES = 4;

export interface Completion {
  readonly proposals: readonly (readonly [word: string, description: string])[];
  readonly directive: number;
}

export async function printCompletions(
  program: AnyProgram,
  words: readonly string[],
  withDescriptions: boolean,
): Promise<number> {
  const { proposals, directive } = await complete(program, words);
  for (const [word, description] of proposals) {
    const shown = withDescriptions && description !== '' ? `${word}\t${description.split('\n')[0]}` : word;
    process.stdout.write(`${shown}\n`);
  }
  process.stdout.write(`:${directive}\n`);
  return 0;
}

/** `words`: the command line without the program's name; the last is the word at the cursor, maybe empty. */
export async function complete(program: AnyProgram, words: readonly string[]): Promise<Completion> {
  const before = words.slice(0, -1);
  const prefix = words.at(-1) ?? '';
  let found: ReturnType<typeof findVerb>;
  try {
    found = findVerb(program, verbWords(program, before));
  } catch {
    return { proposals: [], directive: NO_FILES }; // nothing goes with a verb that isn't there
  }
  const command = found.verb ? (await found.verb.load()).command : undefined;
  const flags: FlagSet = { ...program.flags, ...command?.flags };
  const waiting = flagBefore(flags, before.at(-1));
  if (waiting) return valuesOf(waiting, prefix, '');
  const [, name = '', value] = /^--([^=]+)=(.*)$/s.exec(prefix) ?? [];
  const assigned = Object.hasOwn(flags, name) ? flags[name] : undefined;
  if (assigned && value !== undefined) return valuesOf(assigned, value, `--${name}=`);
  if (prefix.startsWith('-')) return flagNames(flags, prefix);
  if (command) return argumentsOf(command, prefix, before);
  const proposals = Object.entries(found.table)
    .filter(([verb, { hidden }]) => !hidden && verb.startsWith(prefix))
    .map(([verb, { summary }]) => [verb, summary] as const)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return { proposals, directive: NO_FILES };
}

/** The words that aren't flags of the program or their values. */
function verbWords(program: AnyProgram, words: readonly string[]): string[] {
  return words.filter((word, index) => !word.startsWith('-') && !flagBefore(program.flags, words[index - 1]));
}

/** The flag that takes the next word as its value. */
function flagBefore(flags: FlagSet, word: string | undefined): FlagKind<unknown> | undefined {
  if (word === undefined || !word.startsWith('-') || word.includes('=')) return undefined;
  const kind = word.startsWith('--')
    ? Object.entries(flags).find(([name]) => name === word.slice(2))?.[1]
    : Object.values(flags).findLast(({ short }) => short === word.at(-1)); // the verb's flags come last
  return kind && kind.implied === undefined ? kind : undefined;
}

function valuesOf({ words }: FlagKind<unknown>, prefix: string, before: string): Completion {
  if (!words) return { proposals: [], directive: FILES };
  return {
    proposals: words.filter((word) => word.startsWith(prefix)).map((word) => [`${before}${word}`, ''] as const),
    directive: NO_FILES,
  };
}

function flagNames(flags: FlagSet, prefix: string): Completion {
  const proposals = Object.entries(flags)
    .filter(([name, { hidden }]) => !hidden && `--${name}`.startsWith(prefix))
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, { description, implied }]) => [`--${name}${implied === undefined ? '=' : ''}`, description] as const);
  const [only] = proposals;
  const glued = proposals.length === 1 && only?.[0].endsWith('=');
  return {
    proposals: proposals.map(([word, text]) => [glued ? word : word.replace(/=$/, ''), text] as const),
    directive: NO_FILES | (glued ? NO_SPACE : 0),
  };
}

async function argumentsOf(command: Command, prefix: string, before: readonly string[]): Promise<Completion> {
  if (!command.complete) return { proposals: [], directive: FILES };
  const words = await command.complete(prefix, before);
  return { proposals: words.map((word) => [word, ''] as const), directive: NO_FILES };
}
