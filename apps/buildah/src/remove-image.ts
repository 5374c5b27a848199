/** Removing an image as a person means it: a name first, the image with its last name (libimage: removal). */
import { candidateNames, findLocalImage } from '@lighter/image/local-images';
import type { Image, Store } from '@lighter/storage/store-types';

export interface Removal {
  readonly untagged: readonly string[];
  /** Ids. */
  readonly removed: readonly string[];
}

export async function removeImage(
  store: Store,
  text: string,
  { force, all }: { readonly force: boolean; readonly all: boolean },
): Promise<Removal> {
  const image = await findLocalImage(store, text);
  const byId = image.id.startsWith(text.replace(/^sha256:/, ''));
  const named = byId ? undefined : (await candidateNames(text)).find((name) => image.names.includes(name));
  if (named !== undefined && image.names.length > 1) {
    await store.setImageNames(
      image.id,
      image.names.filter((name) => name !== named),
    );
    return { untagged: [named], removed: [] };
  }
  if (byId && image.names.length > 1 && !force && !all) {
    throw new Error(
      `unable to delete image ${JSON.stringify(image.id)} by ID with more than one tag ([${image.names.join(' ')}]): please force removal`,
    );
  }
  await releaseFrom(store, image, force);
  await store.deleteImage(image.id);
  return { untagged: image.names, removed: [image.id] };
}

async function releaseFrom(store: Store, image: Image, force: boolean): Promise<void> {
  const users = (await store.containers()).filter((container) => container.image === image.id);
  const [first] = users;
  if (first && !force) {
    throw new Error(
      `image used by ${first.id}: image is in use by a container: consider listing external containers and force-removing image`,
    );
  }
  for (const user of users) await store.deleteContainer(user.id);
}
