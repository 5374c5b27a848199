/** `oci:PATH[:NAME|:@INDEX]`: images in an OCI layout (image-spec image-layout.md). */
import { ImageError } from '../../errors.ts';
import type { ImageContext, ImageReference, Transport } from '../../types.ts';
import { pathScopes } from '../dir/reference.ts';

const namePattern = /^[A-Za-z0-9]+(?:(?:[-._:@+]|--)[A-Za-z0-9]+)*(?:\/[A-Za-z0-9]+(?:(?:[-._:@+]|--)[A-Za-z0-9]+)*)*$/;

export function isImageName(text: string): boolean {
  return namePattern.test(text);
}

export const ociTransport: Transport = {
  name: 'oci',
  parse(text) {
    const colon = text.indexOf(':');
    const path = colon < 0 ? text : text.slice(0, colon);
    const rest = colon < 0 ? '' : text.slice(colon + 1);
    if (path === '') throw new ImageError('REFERENCE_INVALID', 'oci: a path is missing');
    const index = /^@(\d{1,9})$/.exec(rest);
    if (index) return new OciReference(path, undefined, Number(index[1]));
    if (rest !== '' && !isImageName(rest))
      throw new ImageError('REFERENCE_INVALID', `Invalid image ${JSON.stringify(rest.slice(0, 300))}`);
    return new OciReference(path, rest === '' ? undefined : rest, undefined);
  },
};

export class OciReference implements ImageReference {
  readonly transport = 'oci';
  readonly path: string;
  readonly imageName: string | undefined;
  readonly index: number | undefined;

  constructor(path: string, imageName: string | undefined, index: number | undefined) {
    this.path = path;
    this.imageName = imageName;
    this.index = index;
  }

  toString(): string {
    const rest = this.index === undefined ? (this.imageName ?? '') : `@${this.index}`;
    return `oci:${this.path}:${rest}`;
  }

  get policyScopes(): string[] {
    return pathScopes(this.path);
  }

  async open(context: ImageContext) {
    return (await import('./source.ts')).openOciSource(this, context);
  }

  async create(context: ImageContext) {
    return (await import('./destination.ts')).createOciDestination(this, context);
  }

  async delete(_context: ImageContext): Promise<void> {
    await (await import('./delete.ts')).deleteOciImage(this);
  }
}
