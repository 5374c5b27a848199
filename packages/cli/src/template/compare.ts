/** eq, ne, lt, le, gt and ge of Go's templates. */
import { kindOf, typeName } from './values.ts';

/** True if the first equals any of the others. Throws an Error with Go's text. */
export function equals(first: unknown, others: readonly unknown[]): boolean {
  if (others.length === 0) throw new Error('missing argument for comparison');
  return others.some((other) => same(first, other));
}

/** Negative, zero or positive. Throws an Error with Go's text. */
export function order(a: unknown, b: unknown): number {
  const [kind, other] = [orderedKind(a), orderedKind(b)];
  if (kind !== other) throw incompatible(a, b);
  if (kind === 'string') return a === b ? 0 : String(a) < String(b) ? -1 : 1;
  return Number(a) - Number(b);
}

function same(a: unknown, b: unknown): boolean {
  const empty = [a, b].filter((value) => value === null || value === undefined).length;
  if (empty > 0) return empty === 2;
  for (const value of [a, b]) {
    if (['slice', 'map', 'func'].includes(kindOf(value))) throw new Error(`non-comparable type ${typeName(value)}`);
  }
  const [kind, other] = [numericKind(a), numericKind(b)];
  if (kind !== other) throw incompatible(a, b);
  return kind === 'number' ? Number(a) === Number(b) : a === b;
}

/** Our numbers don't say whether Go had an int or a float. */
function numericKind(value: unknown): string {
  const kind = kindOf(value);
  return kind === 'int' || kind === 'float' ? 'number' : kind;
}

function orderedKind(value: unknown): string {
  const kind = numericKind(value);
  if (kind !== 'number' && kind !== 'string') throw new Error('invalid type for comparison');
  return kind;
}

function incompatible(a: unknown, b: unknown): Error {
  return new Error(`incompatible types for comparison: ${typeName(a)} and ${typeName(b)}`);
}
