/** The image that a container starts from: found in the store, or pulled into it. */
import { findLocalImage } from '@lighter/image/local-images';
import type { PullOptions, PullPolicy } from '@lighter/image/pull';
import type { Image, Store } from '@lighter/storage/store-types';

export interface AcquireOptions extends PullOptions {
  /** Default `missing`. */
  readonly pull?: PullPolicy;
}

/** Errors: an ImageError, IMAGE_NOT_FOUND when it isn't there and may not be pulled. */
export async function acquireImage(store: Store, name: string, options: AcquireOptions = {}): Promise<Image> {
  const { pull = 'missing' } = options;
  const { ensureImage } = await import('@lighter/image/pull');
  try {
    return await ensureImage(store, name, pull, options);
  } catch (error) {
    // "newer" is a wish: what is there will do.
    if (pull === 'newer' && !options.signal?.aborted)
      return findLocalImage(store, name).catch(() => Promise.reject(error));
    throw error;
  }
}
