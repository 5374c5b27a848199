/** Arguments of functions, checked as Go checks them. */
import type { ParameterType, TemplateFunction } from './functions.ts';
import { type Term, termText } from './nodes.ts';
import { kindOf, typeName } from './values.ts';

/** The values for a call. Throws an Error with Go's text where their number or one's type is wrong. */
export function checkedArguments(
  name: string,
  { parameters, rest }: TemplateFunction,
  terms: readonly Term[],
  piped: readonly unknown[],
  evaluate: (term: Term) => unknown,
): unknown[] {
  const count = terms.length + piped.length;
  if (rest === undefined && count !== parameters.length)
    throw new Error(`wrong number of args for ${name}: want ${parameters.length} got ${count}`);
  if (count < parameters.length)
    throw new Error(`wrong number of args for ${name}: want at least ${parameters.length} got ${count}`);
  const typeAt = (index: number) => parameters[index] ?? rest ?? 'any';
  const values = terms.map((term, index) => {
    const type = typeAt(index);
    if (term.kind === 'constant') return constant(term, type);
    return checked(evaluate(term), type);
  });
  return [...values, ...piped.map((value) => checked(value, typeAt(terms.length)))];
}

function constant(term: Extract<Term, { kind: 'constant' }>, type: ParameterType): unknown {
  const { value } = term;
  const fits =
    type === 'any' || (type === 'string' && typeof value === 'string') || (type === 'int' && Number.isInteger(value));
  if (fits) return value;
  const wanted = { string: 'string', int: 'integer', '[]string': '[]string' }[type as Exclude<ParameterType, 'any'>];
  throw new Error(
    type === '[]string'
      ? `can't handle ${termText(term)} for arg of type []string`
      : `expected ${wanted}; found ${termText(term)}`,
  );
}

function checked(value: unknown, type: ParameterType): unknown {
  if (type === 'any') return value;
  const kind = kindOf(value);
  if (type === '[]string' && (kind === 'nil' || kind === 'invalid')) return [];
  if (kind === 'invalid') throw new Error(`invalid value; expected ${type}`);
  const fits = type === '[]string' ? kind === 'slice' : kind === type;
  if (!fits) throw new Error(`wrong type for value; expected ${type}; got ${typeName(value)}`);
  return value;
}
