/** The list of flags in a help text, as pflag lays it out. */
import type { FlagKind } from './flag-kinds.ts';
import type { FlagSet } from './flag-parser.ts';

/** One line for each flag in the order of names, descriptions aligned; '' when there are none. */
export function flagLines(flags: FlagSet): string {
  const rows = Object.entries(flags)
    .filter(([, { hidden }]) => !hidden)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, kind]) => rowOf(name, kind));
  const width = Math.max(0, ...rows.map(({ left }) => left.length)) + 3;
  const indent = `\n${' '.repeat(width)}`;
  return rows.map(({ left, right }) => `${left.padEnd(width)}${right.replaceAll('\n', indent)}\n`).join('');
}

function rowOf(name: string, kind: FlagKind<unknown>): { left: string; right: string } {
  const { short, description, valueName, defaultText } = kind;
  // Backquotes name the value, and the first two disappear.
  const [, before = '', quoted, after = ''] = /^([^`]*)`([^`]*)`(.*)$/s.exec(description) ?? [];
  const value = quoted ?? valueName;
  const left = `  ${short ? `-${short}, ` : '    '}--${name}${value === '' ? '' : ` ${value}`}${impliedOf(kind)}`;
  const text = quoted === undefined ? description : `${before}${quoted}${after}`;
  return { left, right: defaultText === undefined ? text : `${text} (default ${defaultText})` };
}

/** `[="always"]` of a flag whose value may be left out. */
function impliedOf({ implied, valueName }: FlagKind<unknown>): string {
  if (implied === undefined || valueName === '') return '';
  return valueName === 'int' || valueName === 'uint' ? `[=${implied}]` : `[=${JSON.stringify(implied)}]`;
}
