/** Finds the verb that a command line names, through groups and aliases. */

import type { Verb, VerbGroup, VerbTable } from './command.ts';
import { NotBuilt } from './exit.ts';
import { goQuote } from './go-quote.ts';
import type { AnyProgram } from './program-types.ts';

export interface FoundVerb {
  /** `podman container rm`. */
  readonly path: string;
  /** undefined when the command line ends at the program itself or at a group. */
  readonly verb: Verb<unknown> | undefined;
  /** The verbs at the end of the path: those of the program or of a group. */
  readonly table: VerbTable<unknown>;
  readonly summary: string;
  readonly rest: readonly string[];
}

/** Throws {@link NotBuilt} for a verb that upstream has, and an UnknownVerb for one that nobody has. */
export function findVerb(program: AnyProgram, words: readonly string[]): FoundVerb {
  let table: VerbTable<unknown> = program.verbs;
  let path = program.name;
  let { summary } = program;
  for (const [index, word] of words.entries()) {
    const found = entryOf(table, word);
    if (!found) throw missing(program, path, word, table);
    path = `${path} ${found.name}`;
    summary = found.entry.summary;
    if ('load' in found.entry) {
      return { path, summary, verb: found.entry, table, rest: words.slice(index + 1) };
    }
    table = found.entry.verbs;
  }
  return { path, summary, verb: undefined, table, rest: [] };
}

/** No such verb. */
export class UnknownVerb extends Error {
  override readonly name = 'UnknownVerb';
  readonly code = 'VERB_UNKNOWN';
}

function entryOf(
  table: VerbTable<unknown>,
  word: string,
): { name: string; entry: Verb<unknown> | VerbGroup<unknown> } | undefined {
  const own = Object.hasOwn(table, word) ? table[word] : undefined;
  if (own) return { name: word, entry: own };
  const [name, entry] = Object.entries(table).find(([, { aliases }]) => aliases?.includes(word)) ?? [];
  return name !== undefined && entry ? { name, entry } : undefined;
}

function missing(program: AnyProgram, path: string, word: string, table: VerbTable<unknown>): Error {
  const full = `${path} ${word}`;
  if (program.later.includes(full.slice(program.name.length + 1))) return new NotBuilt(full);
  const hint = suggestions(word, table);
  if (program.style === 'podman')
    return new UnknownVerb(`unrecognized command \`${full}\`\n${hint}Try '${path} --help' for more information`);
  if (program.style === 'skopeo')
    return new UnknownVerb(`Unrecognized command \`${full}\`\nTry '${path} --help' for more information`);
  return new UnknownVerb(`unknown command ${goQuote(word)} for ${goQuote(path)}\n${hint}`.trimEnd());
}

/** As cobra does: names that begin with the word, or are two edits away. */
function suggestions(word: string, table: VerbTable<unknown>): string {
  const typed = word.toLowerCase();
  const names = Object.entries(table)
    .filter(([name, { hidden }]) => !hidden && (name.startsWith(typed) || distance(typed, name) <= 2))
    .map(([name]) => `\t${name}\n`);
  return names.length === 0 ? '' : `\nDid you mean this?\n${names.join('')}\n`;
}

/** Levenshtein's. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, change));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
