/** Fields, keys and methods of values. */
import { kindOf, typeName } from './values.ts';

/**
 * The field of that name. A map without the key gives undefined; for a struct without the field, and for what has no fields, an
 * Error with Go's text is thrown.
 */
export function fieldOf(value: unknown, field: string): unknown {
  switch (kindOf(value)) {
    case 'invalid':
      return undefined;
    case 'nil':
      throw new Error(`nil pointer evaluating ${typeName(value)}.${field}`);
    case 'map':
      return memberOf(value as Readonly<Record<string, unknown>>, field);
    case 'struct': {
      const found = memberOf(value as Readonly<Record<string, unknown>>, field);
      if (found !== undefined) return found;
    }
  }
  throw new Error(`can't evaluate field ${field} in type ${typeName(value)}`);
}

/** By the name as it is, or by the same letters: Go's `DiffIDs` is `diff_ids` in JSON. */
function memberOf(members: Readonly<Record<string, unknown>>, field: string): unknown {
  if (Object.hasOwn(members, field)) return members[field];
  const letters = plain(field);
  const key = Object.keys(members).find((name) => plain(name) === letters);
  return key === undefined ? undefined : members[key];
}

function plain(name: string): string {
  return name.toLowerCase().replaceAll(/[._-]/g, '');
}
