/** `--filter` of volumes, networks and secrets: different keys must all fit, of one key any value; labels must all fit. */
import { parseDuration } from '@lighter/cli/flags';

type Test<T> = (object: T) => boolean;

/** What a filter's value asks for, by its key. */
export type FilterKinds<T> = Readonly<Record<string, (value: string) => Test<T>>>;

/** Throws for a key that isn't there. `key!=value` negates. */
export function objectFilter<T>(texts: readonly string[], kinds: FilterKinds<T>): Test<T> {
  const byKey = new Map<string, Test<T>[]>();
  for (const text of texts) {
    const [, key = text, negated = '', value = ''] = /^([\w-]+)(!)?=(.*)$/s.exec(text) ?? [];
    const kind = Object.hasOwn(kinds, key) ? kinds[key] : undefined;
    if (!kind) throw new Error(`"${key}" is an invalid filter`);
    const test = kind(value);
    const group = key === 'label' ? text : key;
    byKey.set(group, [...(byKey.get(group) ?? []), negated ? (object) => !test(object) : test]);
  }
  return (object) => [...byKey.values()].every((tests) => tests.some((test) => test(object)));
}

/** `name`, `name=value`, or with `*` at the end of the name any that begins so. */
export function labelTest<T extends { readonly labels: Readonly<Record<string, string>> }>(text: string): Test<T> {
  const equals = text.indexOf('=');
  const name = equals < 0 ? text : text.slice(0, equals);
  const value = equals < 0 ? undefined : text.slice(equals + 1);
  return ({ labels }) =>
    Object.entries(labels).some(
      ([key, own]) =>
        (name.endsWith('*') ? key.startsWith(name.slice(0, -1)) : key === name) &&
        (value === undefined || own === value),
    );
}

/** Made before a moment, or before a duration ago. */
export function untilTest<T extends { readonly created: string }>(text: string): Test<T> {
  const moment = momentOf(text);
  return ({ created }) => Date.parse(created) < moment;
}

export function sinceTest<T extends { readonly created: string }>(text: string): Test<T> {
  const moment = momentOf(text);
  return ({ created }) => Date.parse(created) > moment;
}

/** Seconds since 1970, RFC 3339, or a duration before now; in milliseconds. */
function momentOf(text: string): number {
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text) * 1000;
  const date = /^\d{4}-\d\d-\d\d/.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(date) ? Date.now() - parseDuration(text) / 1e6 : date;
}

export function booleanOf(text: string): boolean {
  if (['true', '1', 't', 'T', 'TRUE', 'True'].includes(text)) return true;
  if (['false', '0', 'f', 'F', 'FALSE', 'False'].includes(text)) return false;
  throw new Error(`strconv.ParseBool: parsing ${JSON.stringify(text)}: invalid syntax`);
}
