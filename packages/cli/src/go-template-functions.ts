/** Functions of Go's text/template and those that the container tools add, and how values are printed. */
import { TemplateError } from './go-template-error.ts';

type TemplateFunction = (...values: readonly unknown[]) => unknown;

export function isTrue(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0;
  if (typeof value === 'object' && value !== null) return Object.keys(value).length > 0;
  return Boolean(value);
}

/** As fmt.Print shows it: lists as `[a b]`, maps as `map[k:v]`. */
export function goText(value: unknown): string {
  if (value === undefined) return '<no value>';
  if (value === null) return '<nil>';
  return inner(value);
}

function inner(value: unknown): string {
  if (value === null || value === undefined) return '<nil>';
  if (Array.isArray(value)) return `[${value.map(inner).join(' ')}]`;
  if (typeof value === 'object') {
    const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
    return `map[${entries.map(([key, item]) => `${key}:${inner(item)}`).join(' ')}]`;
  }
  return String(value);
}

const text = (value: unknown) => (typeof value === 'string' ? value : goText(value));

function compare(test: (order: number) => boolean): TemplateFunction {
  return (a, b) =>
    test(typeof a === 'number' && typeof b === 'number' ? a - b : text(a) < text(b) ? -1 : text(a) > text(b) ? 1 : 0);
}

export const functions: Readonly<Record<string, TemplateFunction>> = {
  and: (...values) => values.find((value) => !isTrue(value)) ?? values.at(-1),
  or: (...values) => values.find(isTrue) ?? values.at(-1),
  not: (value) => !isTrue(value),
  eq: (first, ...others) => others.some((other) => text(first) === text(other)),
  ne: (a, b) => text(a) !== text(b),
  lt: compare((order) => order < 0),
  le: compare((order) => order <= 0),
  gt: compare((order) => order > 0),
  ge: compare((order) => order >= 0),
  len: lengthOf,
  index: (value, ...keys) => keys.reduce(itemOf, value),
  print: (...values) => values.map(text).join(''),
  println: (...values) => `${values.map(text).join(' ')}\n`,
  printf: (format, ...values) => printf(text(format), values),
  json: (value) => JSON.stringify(value ?? null),
  join: (list, separator) => (Array.isArray(list) ? list : []).map(text).join(text(separator)),
  lower: (value) => text(value).toLowerCase(),
  upper: (value) => text(value).toUpperCase(),
  title: (value) => text(value).replace(/\b\p{L}/gu, (letter) => letter.toUpperCase()),
  split: (value, separator) => text(value).split(text(separator)),
  pad: (value, before, after) => ' '.repeat(Number(before)) + text(value) + ' '.repeat(Number(after)),
  truncate: (value, length) => text(value).slice(0, Number(length)),
};

function lengthOf(value: unknown): number {
  if (typeof value === 'string' || Array.isArray(value)) return value.length;
  if (typeof value === 'object' && value !== null) return Object.keys(value).length;
  if (value === null || value === undefined) return 0;
  throw new TemplateError(`template: len of type ${typeof value}`);
}

function itemOf(value: unknown, key: unknown): unknown {
  if (Array.isArray(value)) {
    const index = Number(key);
    if (!(index >= 0 && index < value.length))
      throw new TemplateError(`template: error calling index: index out of range: ${text(key)}`);
    return value[index];
  }
  if (typeof value === 'object' && value !== null) return (value as Record<string, unknown>)[text(key)] ?? '';
  throw new TemplateError('template: error calling index: index of untyped nil');
}

/** `%s %v %d %q %t %x %%` with width and `-`. */
function printf(format: string, values: readonly unknown[]): string {
  let next = 0;
  return format.replace(
    /%(-?)(0?)(\d*)(?:\.(\d+))?([a-z%])/gi,
    (_, left: string, zero: string, width: string, precision: string | undefined, verb: string) => {
      if (verb === '%') return '%';
      const value = values[next++];
      const shown = verbText(verb, value, precision);
      const size = Number(width || 0);
      return left ? shown.padEnd(size) : shown.padStart(size, zero ? '0' : ' ');
    },
  );
}

function verbText(verb: string, value: unknown, precision: string | undefined): string {
  switch (verb) {
    case 'q':
      return JSON.stringify(text(value));
    case 'd':
      return String(Math.trunc(Number(value)));
    case 'f':
      return Number(value).toFixed(Number(precision ?? 6));
    case 'x':
      return typeof value === 'number' ? value.toString(16) : Buffer.from(text(value)).toString('hex');
    case 's':
    case 'v':
    case 't':
      return precision === undefined ? text(value) : text(value).slice(0, Number(precision));
    default:
      throw new TemplateError(`template: printf verb %${verb} is not supported`);
  }
}
