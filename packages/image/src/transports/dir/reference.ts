/** `dir:PATH`: one image as files in a folder. */
import { realpathSync } from 'node:fs';
import { resolve } from 'node:path';
import { type Digest, digestAlgorithm, digestHex } from '@lighter/spec/digest';
import { ImageError } from '../../errors.ts';
import type { ImageContext, ImageReference, Transport } from '../../types.ts';

export const dirTransport: Transport = {
  name: 'dir',
  parse(text) {
    if (text === '') throw new ImageError('REFERENCE_INVALID', 'dir: a path is missing');
    return new DirReference(text);
  },
};

export class DirReference implements ImageReference {
  readonly transport = 'dir';
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  toString(): string {
    return `dir:${this.path}`;
  }

  get policyScopes(): string[] {
    return pathScopes(this.path);
  }

  async open(_context: ImageContext) {
    return (await import('./source.ts')).openDirSource(this.path);
  }

  async create(context: ImageContext) {
    return (await import('./destination.ts')).createDirDestination(this.path, context);
  }
}

/** The path without links, then its parents, but never the root. */
export function pathScopes(path: string): string[] {
  let real = resolve(path);
  try {
    real = realpathSync(real);
  } catch {
    // A destination that isn't there yet.
  }
  const scopes: string[] = [];
  for (let at = real; at !== '/'; at = resolve(at, '..')) scopes.push(at);
  return scopes;
}

/** File of a blob: hex digits, with the algorithm in front unless it is sha256. */
export function dirBlobName(digest: Digest): string {
  const algorithm = digestAlgorithm(digest);
  return algorithm === 'sha256' ? digestHex(digest) : `${algorithm}-${digestHex(digest)}`;
}
