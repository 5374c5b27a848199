/** Ranges of subordinate ids (subuid(5), subgid(5)). */
import { readFileSync } from 'node:fs';
import { EngineError } from '../errors.ts';

export interface IdRange {
  readonly start: number;
  readonly size: number;
}

/** Throws EngineError for a user that has none. */
export function subordinateIds(path: '/etc/subuid' | '/etc/subgid', user: string): IdRange[] {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    text = '';
  }
  const ranges = text.split('\n').flatMap((line) => {
    const [name, start = '', size = ''] = line.trim().split(':');
    return name === user && /^\d+$/.test(start) && /^\d+$/.test(size)
      ? [{ start: Number(start), size: Number(size) }]
      : [];
  });
  if (ranges.length > 0) return ranges;
  throw new EngineError(
    'INVALID',
    `cannot find mappings for user ${JSON.stringify(user)}: no ranges found for user ${JSON.stringify(user)} in ${path}`,
  );
}
