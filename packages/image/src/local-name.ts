/** The full name that a text given as a new name stands for: without a registry it is a local one. */
import { formatReference, hasDomain, parseReference, withDefaultTag } from '@lighter/spec/reference';
import { ImageError } from './errors.ts';

export function localName(text: string): string {
  try {
    return formatReference(withDefaultTag(parseReference(hasDomain(text) ? text : `localhost/${text}`)));
  } catch (error) {
    throw new ImageError('REFERENCE_INVALID', (error as Error).message, { cause: error });
  }
}
