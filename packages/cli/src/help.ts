/** Help texts in the layouts of podman, of buildah (cobra's own) and of skopeo. */
import type { Command, VerbTable } from './command.ts';
import { findVerb } from './find-verb.ts';
import { flagLines } from './flag-lines.ts';
import { bool, type FlagSet } from './flags.ts';
import type { AnyProgram } from './program-types.ts';

/** Help of the program, of a group or of a verb. */
export async function helpText(program: AnyProgram, words: readonly string[]): Promise<string> {
  const text = await bodyOf(program, words);
  return program.style === 'podman' ? `${text}\n` : text;
}

async function bodyOf(program: AnyProgram, words: readonly string[]): Promise<string> {
  const { path, summary, table, verb } = findVerb(program, words);
  if (!verb) return groupHelp(program, path, summary, table);
  const { command } = await verb.load();
  // A command may be known by another name in a group: `podman image ls` is `podman images`.
  const usage = command.use.replace(/^\S+/, path);
  return commandHelp(program, path, usage, command, verb.aliases ?? []);
}

function groupHelp(program: AnyProgram, path: string, summary: string, table: VerbTable<unknown>): string {
  const { style, name } = program;
  const isProgram = path === name;
  const word = style === 'podman' ? 'options' : 'flags';
  const usage =
    isProgram || style !== 'podman' ? [`  ${path} [${word}]`, `  ${path} [command]`] : [`  ${path} [command]`];
  const lines = style === 'podman' && isProgram ? [`  ${path} [options] [command]`] : usage;
  const flags: FlagSet = isProgram ? withHelp(program.flags, name, style) : {};
  return [
    `${summary}\n`,
    ...(style === 'podman' && !isProgram ? [`Description:\n  ${summary}\n`] : []),
    `Usage:\n${lines.join('\n')}\n`,
    `Available Commands:\n${verbLines(table, isProgram)}`,
    ...section(style === 'podman' ? 'Options' : 'Flags', flagLines(flags)),
    ...(style === 'podman' ? [] : [`Use "${path} [command] --help" for more information about a command.\n`]),
  ].join('\n');
}

/** Names are as wide as the longest, at least eleven, and one blank. */
function verbLines(table: VerbTable<unknown>, withHelpVerb: boolean): string {
  const rows = Object.entries(table)
    .filter(([, { hidden }]) => !hidden)
    .map(([name, { summary }]) => [name, summary] as const);
  if (withHelpVerb) rows.push(['help', 'Help about any command']);
  rows.sort(([a], [b]) => (a < b ? -1 : 1));
  const width = Math.max(11, ...rows.map(([name]) => name.length));
  return rows.map(([name, text]) => `  ${name.padEnd(width)} ${text}\n`).join('');
}

function commandHelp(
  { style }: AnyProgram,
  path: string,
  usage: string,
  { summary, description, examples = [], flags }: Command,
  aliases: readonly string[],
): string {
  const verb = path.slice(path.lastIndexOf(' ') + 1);
  const lines = flagLines(style === 'podman' ? flags : withHelp(flags, verb, style));
  const shown = examples.map((line) => `${style === 'skopeo' ? '' : '  '}${line}\n`).join('');
  return [
    ...introduction(style, summary, description),
    `Usage:\n${style === 'skopeo' ? '' : '  '}${usage}\n`,
    ...((style ?? 'cobra') === 'cobra' && aliases.length > 0 ? [`Aliases:\n  ${[verb, ...aliases].join(', ')}\n`] : []),
    ...section('Examples', shown),
    ...section(style === 'podman' ? 'Options' : 'Flags', lines),
  ].join('\n');
}

function introduction(style: AnyProgram['style'], summary: string, description = summary): string[] {
  if (style !== 'podman') return [`${description}\n`];
  return [`${summary}\n`, `Description:\n${description.replaceAll(/^(?=.)/gm, '  ')}\n`];
}

function section(title: string, body: string): string[] {
  return body === '' ? [] : [`${title}:\n${body}`];
}

function withHelp(flags: FlagSet, name: string, style: AnyProgram['style']): FlagSet {
  if (Object.hasOwn(flags, 'help')) return flags;
  const free = style !== 'podman' && !Object.values(flags).some(({ short }) => short === 'h');
  const description = `${style === 'podman' ? 'Help' : 'help'} for ${name}`;
  return { ...flags, help: bool(description, free ? { short: 'h' } : {}) };
}
