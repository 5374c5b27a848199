/** JavaScript's values as values of Go. */

export type Kind = 'invalid' | 'nil' | 'bool' | 'int' | 'float' | 'string' | 'slice' | 'map' | 'struct' | 'func';

const structs = new WeakMap<object, string>();

/** Marks an object as a struct of Go, whose unknown fields are errors: `goStruct('containers.psReporter', row)`. */
export function goStruct<T extends object>(type: string, fields: T): T {
  structs.set(fields, type);
  return fields;
}

/** undefined is what Go calls invalid, a key that isn't there; null is nil. */
export function kindOf(value: unknown): Kind {
  switch (typeof value) {
    case 'undefined':
      return 'invalid';
    case 'boolean':
      return 'bool';
    case 'bigint':
      return 'int';
    case 'number':
      return Number.isInteger(value) ? 'int' : 'float';
    case 'function':
      return 'func';
    case 'object':
      if (value === null) return 'nil';
      if (Array.isArray(value)) return 'slice';
      return structs.has(value) ? 'struct' : 'map';
    default:
      return 'string';
  }
}

/** As Go names the type in an error. */
export function typeName(value: unknown): string {
  const names: Readonly<Record<Kind, string>> = {
    invalid: '<nil>',
    nil: 'interface {}',
    bool: 'bool',
    int: 'int',
    float: 'float64',
    string: 'string',
    slice: '[]interface {}',
    map: 'map[string]interface {}',
    struct: '',
    func: 'func()',
  };
  return (typeof value === 'object' && value !== null && structs.get(value)) || names[kindOf(value)];
}

/** What counts as true: anything but false, zero, nil and what is empty. */
export function isTrue(value: unknown): boolean {
  switch (kindOf(value)) {
    case 'slice':
      return (value as readonly unknown[]).length > 0;
    case 'map':
      return Object.keys(value as object).length > 0;
    case 'struct':
    case 'func':
      return true;
    default:
      return Boolean(value);
  }
}

/** Entries of a map in the order of keys, those of a struct as they stand; methods aside. */
export function entriesOf(value: object): [key: string, value: unknown][] {
  const entries = Object.entries(value).filter(([, item]) => typeof item !== 'function');
  return structs.has(value) ? entries : entries.sort(([a], [b]) => (a < b ? -1 : 1));
}
