/**
 * Go templates (text/template) as `--format` needs them, with the functions that the container tools add. What a template can't
 * mean is refused when it is parsed, what isn't there when it is rendered, both in Go's words.
 */
import { execute } from './template/executor.ts';
import { builtins } from './template/functions.ts';
import { parseTemplate } from './template/parser.ts';
import { toolFunctions } from './template/tool-functions.ts';

export { TemplateError } from './template/error.ts';
export { goStruct } from './template/values.ts';

const functions = { ...builtins, ...toolFunctions };
const names = new Set([...Object.keys(functions), 'and', 'or']);

/** Renders `data` by a template; `name` is that of the command, for errors. Throws a TemplateError. */
export function renderTemplate(template: string, data: unknown, name = 'format'): string {
  return compileTemplate(template, name)(data);
}

/** Parses once for many values. */
export function compileTemplate(template: string, name = 'format'): (data: unknown) => string {
  const parsed = parseTemplate(name, template, names);
  return (data) => execute(parsed, functions, data);
}
