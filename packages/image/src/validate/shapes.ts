/**
 * Small checks of JSON values that are put together to the shape of a document. Each tells every fault it finds, with its
 * place as a JSON pointer (RFC 6901).
 */
export interface Fault {
  /** A JSON pointer within the document, '' for the whole; for layouts behind the file's path and a `#`. */
  readonly place: string;
  readonly message: string;
}

export type Check = (value: unknown, place: string, faults: Fault[]) => void;

export function child(place: string, key: string | number): string {
  return `${place}/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`;
}

/** `test` is a pattern, or says what is wrong with the text. */
export function text(what: string, test: RegExp | ((value: string) => boolean) = () => true): Check {
  const holds = test instanceof RegExp ? (value: string) => test.test(value) : test;
  return (value, place, faults) => {
    if (typeof value !== 'string') faults.push({ place, message: `is ${kind(value)}, not ${what}` });
    else if (!holds(value)) faults.push({ place, message: `${quoted(value)} is not ${what}` });
  };
}

export const boolean: Check = (value, place, faults) => {
  if (typeof value !== 'boolean') faults.push({ place, message: `is ${kind(value)}, not true or false` });
};

export function integer(minimum: number): Check {
  return (value, place, faults) => {
    if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < minimum)
      faults.push({ place, message: `is ${show(value)}, not an integer from ${minimum}` });
  };
}

export function exactly(wanted: string | number): Check {
  return (value, place, faults) => {
    if (value !== wanted) faults.push({ place, message: `is ${show(value)}, not ${JSON.stringify(wanted)}` });
  };
}

export function listOf(check: Check): Check {
  return (value, place, faults) => {
    if (!Array.isArray(value)) faults.push({ place, message: `is ${kind(value)}, not an array` });
    else for (const [index, item] of value.entries()) check(item, child(place, index), faults);
  };
}

/** An object whose keys are free. */
export function mapOf(check: Check, key: Check = () => {}): Check {
  return (value, place, faults) => {
    if (!isObject(value)) faults.push({ place, message: `is ${kind(value)}, not an object` });
    else
      for (const [name, item] of Object.entries(value)) {
        key(name, child(place, name), faults);
        check(item, child(place, name), faults);
      }
  };
}

/** Unknown properties are allowed, as the standard asks. null counts as missing where Go's tools write it. */
export function object(
  required: Readonly<Record<string, Check>>,
  optional: Readonly<Record<string, Check>> = {},
  nullable: readonly string[] = [],
): Check {
  return (value, place, faults) => {
    if (!isObject(value)) {
      faults.push({ place, message: `is ${kind(value)}, not an object` });
      return;
    }
    for (const [name, check] of Object.entries(required)) {
      if (value[name] === undefined) faults.push({ place, message: `has no "${name}"` });
      else check(value[name], child(place, name), faults);
    }
    for (const [name, check] of Object.entries(optional)) {
      if (value[name] === undefined || (value[name] === null && nullable.includes(name))) continue;
      check(value[name], child(place, name), faults);
    }
  };
}

export function all(...checks: readonly Check[]): Check {
  return (value, place, faults) => {
    for (const check of checks) check(value, place, faults);
  };
}

export const anything: Check = () => {};

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function kind(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}

function show(value: unknown): string {
  return typeof value === 'string' ? quoted(value) : typeof value === 'object' ? kind(value) : String(value);
}

function quoted(value: string): string {
  return JSON.stringify(value.length > 200 ? `${value.slice(0, 200)}…` : value);
}
