/** Cleaned paths inside an archive. */
import type { PathBytes } from './tar/header.ts';

/**
 * The path below the root that a name means: no leading slash, no `.` or empty parts, and `..` never above the root, as
 * Go's filepath.Clean of `/name` gives it. '' is the root itself.
 */
export function cleanPath(name: PathBytes): PathBytes {
  if (typeof name === 'string') return cleanText(name);
  // latin1 keeps every byte; slashes and dots are the same in it.
  return Buffer.from(cleanText(name.toString('latin1')), 'latin1');
}

function cleanText(name: string): string {
  // Nearly every name is clean already, or needs only its last slash dropped.
  const plain = name.endsWith('/') ? name.slice(0, -1) : name;
  if (
    plain !== '' &&
    !plain.startsWith('/') &&
    !plain.startsWith('.') &&
    !plain.includes('//') &&
    !plain.includes('/.')
  ) {
    if (!plain.endsWith('/')) return plain;
  }
  const parts: string[] = [];
  for (const part of name.split('/')) {
    if (part === '' || part === '.') continue;
    if (part === '..') parts.pop();
    else parts.push(part);
  }
  return parts.join('/');
}

/** Last part of a cleaned path. */
export function baseName(path: PathBytes): PathBytes {
  if (typeof path === 'string') return path.slice(path.lastIndexOf('/') + 1);
  return path.subarray(path.lastIndexOf(0x2f) + 1);
}

/** Everything before the last part of a cleaned path; '' for a path in the root. */
export function directoryName(path: PathBytes): PathBytes {
  if (typeof path === 'string') return path.slice(0, Math.max(0, path.lastIndexOf('/')));
  return path.subarray(0, Math.max(0, path.lastIndexOf(0x2f)));
}

/** A path joined below a folder. */
export function below(directory: PathBytes, name: PathBytes): PathBytes {
  if (directory.length === 0) return name;
  if (typeof directory === 'string' && typeof name === 'string') return `${directory}/${name}`;
  return Buffer.concat([Buffer.from(directory as string), Buffer.from('/'), Buffer.from(name as string)]);
}

/** Something that can be a key of a Set or Map for both kinds of path. */
export function pathKey(path: PathBytes): string {
  return typeof path === 'string' ? path : `\0${path.toString('latin1')}`;
}
