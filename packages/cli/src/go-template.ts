/**
 * Go templates (text/template) as `--format` needs them: fields, pipelines, variables, if, with, range, and the functions
 * that the container tools add. What isn't there is refused when the template is parsed.
 */

import { Evaluator } from './go-template-evaluator.ts';
import { type Node, parseTemplate } from './go-template-parser.ts';

export { TemplateError } from './go-template-error.ts';

/** Renders `data` by a template. Throws a TemplateError. */
export function renderTemplate(template: string, data: unknown): string {
  return compileTemplate(template)(data);
}

/** Parses once for many values. */
export function compileTemplate(template: string): (data: unknown) => string {
  const nodes: readonly Node[] = parseTemplate(template);
  return (data) => new Evaluator(data).render(nodes);
}
