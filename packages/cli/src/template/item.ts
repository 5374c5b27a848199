/** index, slice and len of Go's templates. Each throws an Error with Go's text. */
import { kindOf, typeName } from './values.ts';

export function lengthOf(value: unknown): number {
  switch (kindOf(value)) {
    case 'string':
      return Buffer.byteLength(value as string);
    case 'slice':
      return (value as readonly unknown[]).length;
    case 'map':
      return Object.keys(value as object).length;
    case 'nil':
    case 'invalid':
      throw new Error('len of nil pointer');
    default:
      throw new Error(`len of type ${typeName(value)}`);
  }
}

/** `index x 1 "key"` is `x[1]["key"]`. */
export function indexed(value: unknown, keys: readonly unknown[]): unknown {
  return keys.reduce(itemOf, value);
}

function itemOf(value: unknown, key: unknown): unknown {
  switch (kindOf(value)) {
    case 'slice': {
      const items = value as readonly unknown[];
      return items[position(key, items.length)];
    }
    case 'string':
      return Buffer.from(value as string)[position(key, lengthOf(value))];
    case 'map': {
      if (typeof key !== 'string') throw new Error(`value has type ${typeName(key)}; should be string`);
      const map = value as Readonly<Record<string, unknown>>;
      if (Object.hasOwn(map, key)) return map[key];
      // A map of texts has an empty text for a missing key.
      return Object.values(map).every((item) => typeof item === 'string') ? '' : undefined;
    }
    case 'nil':
      throw new Error('index of nil pointer');
    case 'invalid':
      throw new Error('index of untyped nil');
    default:
      throw new Error(`can't index item of type ${typeName(value)}`);
  }
}

function position(key: unknown, length: number): number {
  if (key === null || key === undefined) throw new Error('cannot index slice/array with nil');
  if (kindOf(key) !== 'int') throw new Error(`cannot index slice/array with type ${typeName(key)}`);
  const at = Number(key);
  if (at < 0 || at >= length) throw new Error(`index out of range: ${at}`);
  return at;
}

/** `slice x 1 2` is `x[1:2]`. */
export function sliced(value: unknown, bounds: readonly unknown[]): unknown {
  const kind = kindOf(value);
  if (kind === 'invalid' || kind === 'nil') throw new Error('slice of untyped nil');
  if (bounds.length > 3) throw new Error(`too many slice indexes: ${bounds.length}`);
  if (kind !== 'string' && kind !== 'slice') throw new Error(`can't slice item of type ${typeName(value)}`);
  if (kind === 'string' && bounds.length === 3) throw new Error('cannot 3-index slice a string');
  const length = lengthOf(value);
  const [start = 0, end = length] = bounds.map((bound) => position(bound, length + 1));
  if (start > end) throw new Error(`invalid slice index: ${start} > ${end}`);
  if (kind === 'string')
    return Buffer.from(value as string)
      .subarray(start, end)
      .toString();
  return (value as readonly unknown[]).slice(start, end);
}
