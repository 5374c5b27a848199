/** Constants of Go inside templates. */

const ESCAPES: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\\': '\\',
  "'": "'",
  '"': '"',
};

/** The text of `"…"` or of `` `…` ``. Throws an Error for an escape that Go doesn't know. */
export function unquote(quoted: string): string {
  const inner = quoted.slice(1, -1);
  if (quoted.startsWith('`')) return inner.replaceAll('\r', '');
  return inner.replaceAll(/\\(x[\da-fA-F]{2}|u[\da-fA-F]{4}|U[\da-fA-F]{8}|[0-7]{3}|.)/gs, (_, code: string) => {
    const known = ESCAPES[code];
    if (known !== undefined) return known;
    if (/^[0-7]{3}$/.test(code)) return String.fromCodePoint(Number.parseInt(code, 8));
    if (!/^[xuU]./.test(code)) throw new Error('invalid syntax');
    return String.fromCodePoint(Number.parseInt(code.slice(1), 16));
  });
}

/** `12`, `0x1f`, `1_000`, `1.5e3`, and the code of `'a'`. Throws an Error with Go's text. */
export function parseNumber(text: string): number {
  if (text.startsWith("'")) {
    const character = unquote(text);
    if ([...character].length !== 1) throw new Error(`malformed character constant: ${text}`);
    return character.codePointAt(0) ?? 0;
  }
  const [, sign = '', digits = ''] = /^([+-]?)(.*)$/.exec(text.replaceAll('_', '')) ?? [];
  const value = Number(/^0[0-7]+$/.test(digits) ? `0o${digits.slice(1)}` : digits);
  if (Number.isNaN(value)) throw new Error(`illegal number syntax: "${text}"`);
  return sign === '-' ? 0 - value : value;
}
