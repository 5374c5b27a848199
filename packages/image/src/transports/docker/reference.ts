/** `docker://`: images in registries. */
import {
  familiarName,
  formatReference,
  parseReference,
  type Reference,
  repositoryName,
  withDefaultTag,
} from '@lighter/spec/reference';
import { ImageError } from '../../errors.ts';
import type { ImageContext, ImageReference, Transport } from '../../types.ts';

export const dockerTransport: Transport = {
  name: 'docker',
  parse(text) {
    if (!text.startsWith('//'))
      throw new ImageError('REFERENCE_INVALID', `docker: image reference ${text} does not start with //`);
    let reference: Reference;
    try {
      reference = parseReference(text.slice(2));
    } catch (error) {
      throw new ImageError('REFERENCE_INVALID', (error as Error).message, { cause: error });
    }
    if (reference.tag !== undefined && reference.digest !== undefined) {
      throw new ImageError(
        'REFERENCE_INVALID',
        'Docker references with both a tag and digest are currently not supported',
      );
    }
    return new DockerReference(withDefaultTag(reference));
  },
};

export class DockerReference implements ImageReference {
  readonly transport = 'docker';
  readonly reference: Reference;

  constructor(reference: Reference) {
    this.reference = reference;
  }

  toString(): string {
    return `docker://${familiarName(this.reference)}`;
  }

  get dockerReference(): string {
    return formatReference(this.reference);
  }

  /** The image, its repository, the repository's parents, the host, and wildcards of the host's parents. */
  get policyScopes(): string[] {
    const repository = repositoryName(this.reference);
    const parts = repository.split('/');
    const parents = parts.map((_, index) => parts.slice(0, parts.length - index).join('/'));
    const labels = (this.reference.domain.split(':')[0] ?? '').split('.');
    const wildcards = labels.slice(1).map((_, index) => `*.${labels.slice(index + 1).join('.')}`);
    return [formatReference(this.reference), ...parents, ...wildcards];
  }

  async open(context: ImageContext) {
    return (await import('./source.ts')).openDockerSource(this, context);
  }

  async create(context: ImageContext) {
    return (await import('./destination.ts')).createDockerDestination(this, context);
  }

  async delete(context: ImageContext): Promise<void> {
    await (await import('./delete.ts')).deleteDockerImage(this, context);
  }
}
