/** The copy engine: knows sources, destinations and blobs, and no transport (image: copy/copy.go). */
import { readPolicy } from '@lighter/config/policy';
import type { Digest } from '@lighter/spec/digest';
import { isListType, parseIndex } from '@lighter/spec/manifest';
import type { RawManifest } from '@lighter/spec/oci-image';
import { chooseInstance, describeWanted } from '@lighter/spec/platform';
import { blobCache } from '../blob-cache/blob-cache.ts';
import { ImageError } from '../errors.ts';
import { assertAccepted } from '../policy.ts';
import type { ImageReference } from '../types.ts';
import type { CopyOptions } from './options.ts';
import { type CopySession, destinationContext, sourceContext } from './session.ts';
import { copySingle } from './single.ts';

export type { CopyOptions } from './options.ts';

/** Copies an image and returns the manifest that the destination has now. Nothing is visible there before the end. */
export async function copyImage(
  from: ImageReference,
  to: ImageReference,
  options: CopyOptions = {},
): Promise<RawManifest> {
  const abort = new AbortController();
  const signal = options.signal ? AbortSignal.any([options.signal, abort.signal]) : abort.signal;
  assertAccepted(options.policy ?? readPolicy(), from);
  await using destination = await to.create({ ...(options.destinationContext ?? options.context), signal });
  await using source = await from.open({ ...(options.sourceContext ?? options.context), signal });
  try {
    const session = { source, destination, from, to, options, signal };
    const manifest = await copy(session);
    await destination.commit();
    await blobCache(destinationContext(session).blobCacheDirectory).save();
    return manifest;
  } catch (error) {
    // Whatever is still on its way ends too, before the sides are closed.
    abort.abort(error);
    throw error;
  }
}

async function copy(session: CopySession): Promise<RawManifest> {
  const top = await session.source.manifest();
  const { all, multiArch = all ? 'all' : 'system' } = session.options;
  if (isListType(top.mediaType) && multiArch === 'system') return copySystemImage(session, top);
  assertDigest(session, [top.digest]);
  if (!isListType(top.mediaType) || multiArch === 'system') return (await copySingle(session, top)).manifest;
  const { copyList } = await import('./list.ts');
  return copyList(session, top, multiArch);
}

/** The image of a list that is for the wanted platform. */
async function copySystemImage(session: CopySession, top: RawManifest): Promise<RawManifest> {
  const wanted = sourceContext(session).platform ?? {};
  const chosen = chooseInstance(parseIndex(top.bytes, top.mediaType).manifests, wanted);
  if (!chosen) {
    throw new ImageError(
      'IMAGE_NOT_FOUND',
      `choosing an image from manifest list ${session.from}: no image found in image index for ${describeWanted(wanted)}`,
    );
  }
  const instance = chosen.digest;
  assertDigest(session, [top.digest, instance]);
  const { manifest } = await copySingle(session, await session.source.manifest(instance), { instance });
  await session.destination.putList?.(top);
  return manifest;
}

/** A destination by digest takes only what has that digest. */
function assertDigest({ to }: CopySession, digests: readonly Digest[]): void {
  const wanted = to.transport === 'docker' ? to.dockerReference?.split('@')[1] : undefined;
  if (wanted !== undefined && !digests.includes(wanted as Digest))
    throw new ImageError('DIGEST_MISMATCH', "Digest of source image's manifest would not match destination reference");
}
