/** Help texts in cobra's form. */
import type { Command, Verb } from './command.ts';
import type { FlagSet } from './flags.ts';
import { alignTable } from './table.ts';

export function programHelp(
  name: string,
  summary: string,
  verbs: Readonly<Record<string, Verb<never>>>,
  flags: FlagSet,
): string {
  const rows = Object.entries(verbs).map(([verb, { summary }]) => [`  ${verb}`, summary]);
  return `${summary}\n\nUsage:\n  ${name} [flags]\n  ${name} [command]\n\nAvailable Commands:\n${alignTable(rows)}\nFlags:\n${flagLines(flags)}\nUse "${name} [command] --help" for more information about a command.\n`;
}

export function commandHelp(
  program: string,
  { use, summary, flags }: Pick<Command, 'use' | 'summary' | 'flags'>,
): string {
  const lines = flagLines(flags);
  return `${summary}\n\nUsage:\n  ${program} ${use}\n${lines === '' ? '' : `\nFlags:\n${lines}`}`;
}

function flagLines(flags: FlagSet): string {
  const rows = Object.entries(flags)
    .filter(([, { hidden }]) => !hidden)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, { short, valueName, description }]) => [
      `  ${short ? `-${short}, ` : '    '}--${name}${valueName === '' ? '' : ` ${valueName}`}`,
      description,
    ]);
  return alignTable(rows);
}
