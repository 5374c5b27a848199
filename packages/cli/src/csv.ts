/** One record of comma-separated values, as Go's encoding/csv reads it for pflag's StringSlice. */

/** The fields of the first line. Throws an Error with Go's text where quotes don't fit. */
export function parseCsvRecord(text: string): string[] {
  if (text === '') return [];
  const end = text.length;
  const fields: string[] = [];
  for (let at = 0; ; ) {
    const { field, next } = text[at] === '"' ? quotedField(text, at) : plainField(text, at);
    fields.push(field);
    if (next >= end || text[next] !== ',') return fields;
    at = next + 1;
  }
}

interface Field {
  readonly field: string;
  /** Index of the comma or line end behind it. */
  readonly next: number;
}

function plainField(text: string, start: number): Field {
  const match = /[^,\r\n]*/y;
  match.lastIndex = start;
  const field = match.exec(text)?.[0] ?? '';
  const quote = field.indexOf('"');
  if (quote >= 0) throw fault(start + quote, 'bare " in non-quoted-field');
  return { field, next: start + field.length };
}

function quotedField(text: string, start: number): Field {
  const match = /"((?:[^"]|"")*)"/y;
  match.lastIndex = start;
  const found = match.exec(text);
  if (!found) throw fault(text.length, 'extraneous or missing " in quoted-field');
  const next = match.lastIndex;
  const after = text[next];
  if (after !== undefined && after !== ',' && after !== '\n' && after !== '\r')
    throw fault(next - 1, 'extraneous or missing " in quoted-field');
  return { field: (found[1] ?? '').replaceAll('""', '"'), next };
}

function fault(index: number, reason: string): Error {
  return new Error(`parse error on line 1, column ${index + 1}: ${reason}`);
}
