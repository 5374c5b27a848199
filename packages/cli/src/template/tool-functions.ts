/** The functions that podman, buildah and skopeo add to Go's templates. */
import type { TemplateFunction } from './functions.ts';

export const toolFunctions: Readonly<Record<string, TemplateFunction>> = {
  json: { parameters: ['any'], call: goJson },
  join: {
    parameters: ['[]string', 'string'],
    call: (list: readonly string[], separator: string) => list.join(separator),
  },
  lower: { parameters: ['string'], call: (text: string) => text.toLowerCase() },
  upper: { parameters: ['string'], call: (text: string) => text.toUpperCase() },
  title: { parameters: ['string'], call: titled },
  split: { parameters: ['string', 'string'], call: (text: string, separator: string) => text.split(separator) },
  pad: { parameters: ['string', 'int', 'int'], call: padded },
  truncate: { parameters: ['string', 'int'], call: (text: string, length: number) => text.slice(0, length) },
};

/** On one line, without escapes for HTML. */
function goJson(value: unknown): string {
  return (JSON.stringify(value) ?? 'null').replaceAll(
    /[\u2028\u2029]/g,
    (separator) => `\\u${separator.charCodeAt(0).toString(16)}`,
  );
}

/** The first letter of each word; the others stay. */
function titled(text: string): string {
  return text.replaceAll(
    /(^|[^\p{L}\p{N}_'])(\p{L})/gu,
    (_, before: string, letter: string) => before + letter.toUpperCase(),
  );
}

/** An empty text stays empty. */
function padded(text: string, before: number, after: number): string {
  return text === '' ? '' : ' '.repeat(Math.max(0, before)) + text + ' '.repeat(Math.max(0, after));
}
