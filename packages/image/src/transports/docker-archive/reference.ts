/** `docker-archive:FILE[:REFERENCE|:@INDEX]`: images as `docker save` writes them. */
import { formatReference, parseReference, type Reference, withDefaultTag } from '@lighter/spec/reference';
import { ImageError } from '../../errors.ts';
import type { ImageContext, ImageReference, Transport } from '../../types.ts';

export const dockerArchiveTransport: Transport = {
  name: 'docker-archive',
  parse(text) {
    const colon = text.indexOf(':');
    const path = colon < 0 ? text : text.slice(0, colon);
    const rest = colon < 0 ? '' : text.slice(colon + 1);
    if (path === '') throw new ImageError('REFERENCE_INVALID', 'docker-archive: a path is missing');
    if (rest === '') return new DockerArchiveReference(path, undefined, undefined);
    if (rest.startsWith('@')) {
      if (!/^@\d{1,9}$/.test(rest))
        throw new ImageError('REFERENCE_INVALID', `Invalid source index ${rest}: a number from 0 is wanted`);
      return new DockerArchiveReference(path, undefined, Number(rest.slice(1)));
    }
    return new DockerArchiveReference(path, parseTagged(rest), undefined);
  },
};

export class DockerArchiveReference implements ImageReference {
  readonly transport = 'docker-archive';
  readonly path: string;
  readonly reference: Reference | undefined;
  readonly index: number | undefined;

  constructor(path: string, reference: Reference | undefined, index: number | undefined) {
    this.path = path;
    this.reference = reference;
    this.index = index;
  }

  toString(): string {
    const name = this.reference && formatReference(this.reference);
    return `docker-archive:${this.path}${this.index === undefined ? (name ? `:${name}` : '') : `:@${this.index}`}`;
  }

  get dockerReference(): string | undefined {
    return this.reference && formatReference(this.reference);
  }

  get policyScopes(): string[] {
    return [];
  }

  async open(context: ImageContext) {
    return (await import('./source.ts')).openDockerArchive(this, context);
  }

  async create(context: ImageContext) {
    return (await import('./destination.ts')).createDockerArchive(this, context);
  }
}

/** A name with a tag, `latest` if there is none. */
export function parseTagged(text: string): Reference {
  let reference: Reference;
  try {
    reference = parseReference(text);
  } catch (error) {
    throw new ImageError('REFERENCE_INVALID', (error as Error).message, { cause: error });
  }
  if (reference.digest !== undefined)
    throw new ImageError('REFERENCE_INVALID', `docker-archive doesn't support digest references: ${text}`);
  return withDefaultTag(reference);
}
