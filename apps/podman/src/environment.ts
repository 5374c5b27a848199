/** `--env-file` and `--env`. */
import { readFileSync } from 'node:fs';

/** `NAME=value` texts in order: files first. A bare NAME takes our own value, `PREFIX*` all that begin so. */
export function environmentOf(files: readonly string[], texts: readonly string[]): string[] {
  const lines = files.flatMap((path) =>
    readFileSync(path, 'utf8')
      .split('\n')
      .map((line) => line.trimStart())
      .filter((line) => line !== '' && !line.startsWith('#')),
  );
  return [...lines, ...texts].flatMap(expand);
}

function expand(text: string): string[] {
  const equals = text.indexOf('=');
  if (equals > 0) return [text];
  if (equals === 0 || text === '') throw new Error(`invalid variable: ${JSON.stringify(text)}`);
  if (text.endsWith('*')) {
    const prefix = text.slice(0, -1);
    return Object.entries(process.env).flatMap(([name, value]) =>
      name.startsWith(prefix) ? [`${name}=${value}`] : [],
    );
  }
  const value = process.env[text];
  return value === undefined ? [] : [`${text}=${value}`];
}
