/** `oci-archive:FILE[:NAME]`: an OCI layout as a tar archive. */
import { ImageError } from '../../errors.ts';
import type { ImageContext, ImageReference, Transport } from '../../types.ts';
import { pathScopes } from '../dir/reference.ts';
import { isImageName } from '../oci/reference.ts';

export const ociArchiveTransport: Transport = {
  name: 'oci-archive',
  parse(text) {
    const colon = text.indexOf(':');
    const path = colon < 0 ? text : text.slice(0, colon);
    const name = colon < 0 ? '' : text.slice(colon + 1);
    if (path === '') throw new ImageError('REFERENCE_INVALID', 'oci-archive: a path is missing');
    if (name !== '' && !isImageName(name))
      throw new ImageError('REFERENCE_INVALID', `Invalid image ${JSON.stringify(name.slice(0, 300))}`);
    return new OciArchiveReference(path, name === '' ? undefined : name);
  },
};

export class OciArchiveReference implements ImageReference {
  readonly transport = 'oci-archive';
  readonly path: string;
  readonly imageName: string | undefined;

  constructor(path: string, imageName: string | undefined) {
    this.path = path;
    this.imageName = imageName;
  }

  toString(): string {
    return `oci-archive:${this.path}:${this.imageName ?? ''}`;
  }

  get policyScopes(): string[] {
    return pathScopes(this.path);
  }

  async open(context: ImageContext) {
    return (await import('./source.ts')).openOciArchive(this, context);
  }

  async create(context: ImageContext) {
    return (await import('./destination.ts')).createOciArchive(this, context);
  }
}
