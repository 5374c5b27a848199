/**
 * JSON as Go's encoding/json writes it: compact, `<`, `>`, `&`, U+2028 and U+2029 escaped in texts. Files shared with the
 * Go tools, and texts that get hashed, must agree byte for byte.
 */

/** Keys stay in the order of the object; give {@link sortedKeys} for what is a map in Go. */
export function goJson(value: unknown): string {
  return JSON.stringify(value).replace(
    /[<>&\u2028\u2029]/g,
    (match) => `\\u${match.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** A copy with its keys in Go's order of map keys (bytewise). */
export function sortedKeys<T>(map: Readonly<Record<string, T>>): Record<string, T> {
  const bytes = (key: string) => Buffer.from(key);
  return Object.fromEntries(Object.entries(map).sort(([a], [b]) => bytes(a).compare(bytes(b))));
}

/** RFC 3339 as Go's time.Time marshals it: nanoseconds with trailing zeros dropped, `Z`. */
export function goTime(date: Date, nanoseconds = 0): string {
  const seconds = date.toISOString().slice(0, 19);
  const fraction =
    `${String(date.getUTCMilliseconds()).padStart(3, '0')}${String(nanoseconds).padStart(6, '0')}`.replace(/0+$/, '');
  return `${seconds}${fraction === '' ? '' : `.${fraction}`}Z`;
}
