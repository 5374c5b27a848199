/** `--cidfile`: the first line of each file is one more name. */
import { readFileSync } from 'node:fs';

export function namesWithCidFiles(names: readonly string[], files: readonly string[] = []): string[] {
  return [...names, ...files.map((path) => readFileSync(path, 'utf8').split('\n')[0]?.trim() ?? '')];
}
