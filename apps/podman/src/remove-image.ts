/** Removing an image by one of its names, or the whole image. */
import { candidateNames } from '@lighter/image/local-images';
import type { Image, Store } from '@lighter/storage/store-types';

/** Lines that `rmi` prints: `Untagged: NAME` and `Deleted: ID`. */
export async function removeImage(
  store: Store,
  image: Image,
  typed: string,
  { force, all }: { force: boolean; all: boolean },
): Promise<string[]> {
  const names = await candidateNames(typed);
  const named = image.names.find((name) => name === typed || names.includes(name));
  if (named !== undefined && image.names.length > 1 && !all) {
    await store.setImageNames(
      image.id,
      image.names.filter((name) => name !== named),
    );
    return [`Untagged: ${named}`];
  }
  if (named === undefined && image.names.length > 1 && !force && !all) {
    throw Object.assign(
      new Error(
        `unable to delete image ${JSON.stringify(image.id)} by ID with more than one tag (${JSON.stringify(image.names)}): please force removal`,
      ),
      { code: 'IN_USE' },
    );
  }
  await store.deleteImage(image.id);
  return [...image.names.map((name) => `Untagged: ${name}`), `Deleted: ${image.id}`];
}
