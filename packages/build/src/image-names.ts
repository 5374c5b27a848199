/** Names of images in the store. */
import { formatReference, hasDomain, parseReference, withDefaultTag } from '@lighter/spec/reference';

/** The name that a new image gets: a short name belongs to `localhost/`. Throws REFERENCE_INVALID. */
export function localName(text: string): string {
  return formatReference(withDefaultTag(parseReference(hasDomain(text) ? text : `localhost/${text}`)));
}
