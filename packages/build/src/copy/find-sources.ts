/** From the sources as written to the files they name, links resolved inside the context only. */
import { closeSync, constants, readdirSync } from 'node:fs';
import { openInRoot, statusInRoot } from '@lighter/archive/rootfs';
import { S_IFDIR, S_IFMT } from '@lighter/linux/constants';
import { BuildError } from '../errors.ts';
import { isPattern, patternExpression } from './match-pattern.ts';

export interface FoundSource {
  /** Path below the context, without a leading slash. */
  readonly path: string;
  readonly isDirectory: boolean;
}

/** In order; the matches of one pattern are sorted. Throws COPY_FAILED when one names nothing. */
export function findSources(context: string, sources: readonly string[]): FoundSource[] {
  return sources.flatMap((source) => {
    const parts = source.split('/').filter((part) => part !== '' && part !== '.');
    const matches = isPattern(source) ? expand(context, '', parts) : [parts.join('/')];
    const found = matches.flatMap((path) => look(context, path) ?? []);
    if (found.length > 0) return found;
    const shown = JSON.stringify(`/${parts.join('/')}`);
    throw new BuildError(
      'COPY_FAILED',
      `checking on sources under ${JSON.stringify(context)}: copier: stat: ${isPattern(source) ? `[${shown}]` : shown}: no such file or directory`,
    );
  });
}

function look(context: string, path: string): FoundSource | undefined {
  const status = statusInRoot(context, path);
  return status && { path, isDirectory: (status.mode & S_IFMT) === S_IFDIR };
}

/** `**` stands for any number of directories, none included. */
function expand(context: string, below: string, parts: readonly string[]): string[] {
  const [part, ...rest] = parts;
  if (part === undefined) return [below];
  const join = (name: string) => (below === '' ? name : `${below}/${name}`);
  if (part === '**') {
    const deeper = list(context, below)
      .filter((name) => look(context, join(name))?.isDirectory)
      .flatMap((name) => expand(context, join(name), parts));
    return [...new Set([...expand(context, below, rest), ...deeper])].sort();
  }
  if (!isPattern(part)) return expand(context, join(part), rest);
  let expression: RegExp;
  try {
    expression = patternExpression(part);
  } catch (error) {
    throw new BuildError('INVALID', (error as Error).message, { cause: error });
  }
  return list(context, below)
    .filter((name) => expression.test(name))
    .sort()
    .flatMap((name) => expand(context, join(name), rest));
}

/** Names in a directory; none where it isn't one. */
function list(context: string, path: string): string[] {
  let fd: number;
  try {
    fd = openInRoot(context, path, constants.O_RDONLY | constants.O_DIRECTORY);
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'ELOOP'].includes((error as { code?: string }).code ?? '')) return [];
    throw error;
  }
  try {
    return readdirSync(`/proc/self/fd/${fd}`);
  } finally {
    closeSync(fd);
  }
}
