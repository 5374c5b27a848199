/** Which image of a store a text means: by id, by name as given, and by the names that a short one may stand for. */
import { parseDigest } from '@lighter/spec/digest';
import { formatReference, hasDomain, parseReference, repositoryName, withDefaultTag } from '@lighter/spec/reference';
import type { Image, Store } from '@lighter/storage/store-types';
import { ImageError } from './errors.ts';

/** Throws IMAGE_NOT_FOUND. */
export async function findLocalImage(store: Store, text: string): Promise<Image> {
  const images = await store.images();
  const found = lookUpImage(images, text, await candidateNames(text));
  if (found) return found;
  throw new ImageError('IMAGE_NOT_FOUND', `${text}: image not known`);
}

/** The names that `text` may stand for in a store, best first. */
export async function candidateNames(text: string): Promise<string[]> {
  const names: string[] = [];
  const add = (name: string) => {
    try {
      names.push(formatReference(withDefaultTag(withoutTagOfDigest(parseReference(name)))));
    } catch {
      // An id, or no name at all.
    }
  };
  if (hasDomain(text)) add(text);
  else {
    const { shortNameCandidates } = await import('./short-names.ts');
    add(`localhost/${text}`);
    for (const name of await shortNameCandidates(text)) add(name);
    add(text);
  }
  return [...new Set(names)];
}

/** A tag beside a digest says nothing about what is meant. */
function withoutTagOfDigest(reference: ReturnType<typeof parseReference>) {
  if (reference.digest === undefined) return reference;
  const { tag: _tag, ...rest } = reference;
  return rest;
}

export function lookUpImage(images: readonly Image[], text: string, names: readonly string[]): Image | undefined {
  const bare = text.replace(/^sha256:(?=[0-9a-f]{64}$)/, '');
  const exact = images.find((image) => image.id === bare) ?? images.find((image) => image.names.includes(text));
  if (exact) return exact;
  for (const name of names) {
    const found = images.find((image) => image.names.includes(name)) ?? byDigest(images, name);
    if (found) return found;
  }
  if (!/^[0-9a-f]{3,64}$/.test(bare)) return undefined;
  const byPrefix = images.filter((image) => image.id.startsWith(bare));
  return byPrefix.length === 1 ? byPrefix[0] : undefined;
}

/** `repository@digest`: an image with this digest that is known in the same repository. */
function byDigest(images: readonly Image[], name: string): Image | undefined {
  const at = name.indexOf('@');
  if (at < 0) return undefined;
  const digest = parseDigest(name.slice(at + 1));
  const repository = name.slice(0, at);
  return images.find(
    (image) =>
      image.digests.includes(digest) && image.names.some((one) => repositoryName(parseReference(one)) === repository),
  );
}
