/** The functions of Go's own templates (text/template/funcs.go). */
import { equals, order } from './compare.ts';
import { escapeHtml, escapeQuery, escapeScript } from './escape.ts';
import { indexed, lengthOf, sliced } from './item.ts';
import { plainText, sprint } from './print.ts';
import { sprintf } from './printf.ts';
import { isTrue } from './values.ts';

export type ParameterType = 'any' | 'string' | 'int' | '[]string';

export interface TemplateFunction {
  readonly parameters: readonly ParameterType[];
  /** Type of any number of further arguments. */
  readonly rest?: ParameterType;
  /** Throws an Error that becomes `error calling NAME: …`. */
  // biome-ignore lint/suspicious/noExplicitAny: checked against `parameters` before the call.
  readonly call: (...values: any[]) => unknown;
}

/** and and or aren't here: they don't evaluate what they don't need, see calls.ts. */
export const builtins: Readonly<Record<string, TemplateFunction>> = {
  not: { parameters: ['any'], call: (value: unknown) => !isTrue(value) },
  eq: { parameters: ['any'], rest: 'any', call: (first: unknown, ...others: unknown[]) => equals(first, others) },
  ne: { parameters: ['any', 'any'], call: (a: unknown, b: unknown) => !equals(a, [b]) },
  lt: { parameters: ['any', 'any'], call: (a: unknown, b: unknown) => order(a, b) < 0 },
  le: { parameters: ['any', 'any'], call: (a: unknown, b: unknown) => order(a, b) <= 0 },
  gt: { parameters: ['any', 'any'], call: (a: unknown, b: unknown) => order(a, b) > 0 },
  ge: { parameters: ['any', 'any'], call: (a: unknown, b: unknown) => order(a, b) >= 0 },
  len: { parameters: ['any'], call: lengthOf },
  index: { parameters: ['any'], rest: 'any', call: (value: unknown, ...keys: unknown[]) => indexed(value, keys) },
  slice: { parameters: ['any'], rest: 'any', call: (value: unknown, ...bounds: unknown[]) => sliced(value, bounds) },
  print: { parameters: [], rest: 'any', call: (...values: unknown[]) => sprint(values) },
  println: { parameters: [], rest: 'any', call: (...values: unknown[]) => `${values.map(plainText).join(' ')}\n` },
  printf: {
    parameters: ['string'],
    rest: 'any',
    call: (format: string, ...values: unknown[]) => sprintf(format, values),
  },
  html: { parameters: [], rest: 'any', call: (...values: unknown[]) => escapeHtml(sprint(values)) },
  js: { parameters: [], rest: 'any', call: (...values: unknown[]) => escapeScript(sprint(values)) },
  urlquery: { parameters: [], rest: 'any', call: (...values: unknown[]) => escapeQuery(sprint(values)) },
};
