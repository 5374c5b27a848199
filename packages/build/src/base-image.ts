/** The image that a working container starts from, as the store has it. */
import { guessMediaType } from '@lighter/spec/manifest';
import type { Image, Store } from '@lighter/storage/store-types';
import { BuildError } from './errors.ts';
import { storedName } from './state/container-name.ts';
import type { BaseImage } from './state/initial-state.ts';

/** Reads manifest and configuration. `asked` is what the user called the image; of several names the one that fits counts. */
export async function baseFromStore(store: Store, image: Image, asked: string): Promise<BaseImage> {
  const manifest = await store.imageItem(image.id, 'manifest');
  const manifestType = guessMediaType(manifest);
  const parsed = JSON.parse(manifest.toString()) as { config?: { digest?: string } };
  const key = parsed.config?.digest;
  if (key === undefined || !image.items.includes(key)) {
    throw new BuildError(
      'STATE_INVALID',
      `image ${image.id} has no configuration: it isn't an image that a container can start from`,
    );
  }
  return {
    id: image.id,
    name: storedName(image.names, asked),
    manifestDigest: image.digest ?? '',
    manifestType,
    manifest,
    config: await store.imageItem(image.id, key),
    topLayer: image.layer ?? '',
  };
}
