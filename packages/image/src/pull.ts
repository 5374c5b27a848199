/** Pulling into a store by a name as people give it: with a transport, full, or short. */
import { formatReference, parseReference, withDefaultTag } from '@lighter/spec/reference';
import type { Image, Store } from '@lighter/storage/store-types';
import { type CopyOptions, copyImage } from './copy/copy-image.ts';
import { ImageError } from './errors.ts';
import { findLocalImage } from './local-images.ts';
import { hasTransport, parseImageName } from './parse.ts';
import { pullCandidates } from './short-names.ts';
import { StorageReference } from './transports/containers-storage/reference.ts';
import type { ImageReference } from './types.ts';

export type PullPolicy = 'always' | 'missing' | 'never' | 'newer';

export interface PullOptions extends CopyOptions {
  /** Told before each place that is tried: `docker://quay.io/x:1`. */
  readonly onTry?: (reference: string) => void;
}

/** The image under a name, pulled when the policy says so. */
export async function ensureImage(
  store: Store,
  name: string,
  policy: PullPolicy,
  options: PullOptions = {},
): Promise<Image> {
  if (policy === 'always' || policy === 'newer') return pullImage(store, name, options);
  try {
    return await findLocalImage(
      store,
      hasTransport(name) ? name.slice(name.indexOf(':') + 1).replace(/^\/\//, '') : name,
    );
  } catch (error) {
    if (policy === 'never' || !(error instanceof ImageError) || error.code !== 'IMAGE_NOT_FOUND') throw error;
  }
  return pullImage(store, name, options);
}

/** Pulls, trying each name that a short one stands for. */
export async function pullImage(store: Store, name: string, options: PullOptions = {}): Promise<Image> {
  const sources = await sourcesOf(name);
  const failures: Error[] = [];
  for (const { reference, storedName } of sources) {
    options.onTry?.(String(reference));
    try {
      const manifest = await copyImage(reference, new StorageReference(storedName, store), options);
      const image = (await store.images()).find((one) => one.digests.includes(manifest.digest));
      if (!image) throw new ImageError('COPY_FAILED', `${storedName} was removed by somebody else while it was pulled`);
      return image;
    } catch (error) {
      options.signal?.throwIfAborted();
      failures.push(error as Error);
    }
  }
  if (failures.length === 1) throw failures[0];
  const list = failures.map((failure) => failure.message).join('; ');
  throw new ImageError('COPY_FAILED', `${failures.length} errors occurred while pulling ${name}: ${list}`, {
    cause: failures.at(-1),
  });
}

interface PullSource {
  readonly reference: ImageReference;
  /** Name that the image gets in the store. */
  readonly storedName: string;
}

async function sourcesOf(name: string): Promise<PullSource[]> {
  if (hasTransport(name)) {
    const reference = await parseImageName(name);
    return [{ reference, storedName: reference.dockerReference ?? nameFor(reference) }];
  }
  const { dockerTransport } = await import('./transports/docker/reference.ts');
  return (await pullCandidates(name)).map((candidate) => {
    const reference = dockerTransport.parse(`//${withoutTagOfDigest(candidate)}`);
    return { reference, storedName: reference.dockerReference as string };
  });
}

/** Both a tag and a digest: the digest decides. */
function withoutTagOfDigest(name: string): string {
  return name.includes('@') ? name.replace(/:[\w.-]{1,128}@/, '@') : name;
}

/** A layout or folder is known by its path, as podman names it. */
function nameFor(reference: ImageReference): string {
  const path = String(reference).slice(reference.transport.length + 1);
  const [location = '', tag] = path.split(':');
  const repository = `localhost${location.startsWith('/') ? '' : '/'}${location}`.toLowerCase();
  return formatReference(withDefaultTag(parseReference(tag ? `${repository}:${tag}` : repository)));
}
