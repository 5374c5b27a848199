/** `--format` of commands that list: one line per row, columns aligned where tabs separate them, headings with `table`. */
import { compileTemplate } from './go-template.ts';
import { alignTable } from './table.ts';

export interface RowOptions {
  /** Headings by field, for formats that begin with `table`. */
  readonly headings?: Readonly<Record<string, string>>;
  readonly noHeading?: boolean;
}

export function renderRows(format: string, rows: readonly object[], options: RowOptions = {}): string {
  const asTable = /^table\s/.test(format);
  const body = unescaped(asTable ? format.replace(/^table\s+/, '') : format);
  const render = compileTemplate(body);
  const lines = rows.map(render);
  if (asTable && !options.noHeading) lines.unshift(render(options.headings ?? {}));
  if (!body.includes('\t')) return lines.map((line) => (line.endsWith('\n') ? line : `${line}\n`)).join('');
  return alignTable(lines.flatMap((line) => line.replace(/\n$/, '').split('\n')).map((line) => line.split('\t')));
}

/** Shells give `\t` and `\n` as they are typed. */
function unescaped(format: string): string {
  return format.replaceAll('\\t', '\t').replaceAll('\\n', '\n');
}
