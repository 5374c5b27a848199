/** One image: layers, configuration, manifest, signatures (image: copy/single.go). */
import type { Digest } from '@lighter/spec/digest';
import { isImageType, isListType, isSchema1Type, parseManifest } from '@lighter/spec/manifest';
import type { RawManifest } from '@lighter/spec/oci-image';
import { ImageError } from '../errors.ts';
import { layerKind } from '../manifest/layer-types.ts';
import { prepareCandidate, type SourceImage } from './candidate.ts';
import { copyLayers } from './layers.ts';
import { manifestPlan } from './manifest-plan.ts';
import { type CopySession, note, tell, unchangeable } from './session.ts';
import { readSignatures } from './signatures.ts';

export interface CopiedImage {
  readonly manifest: RawManifest;
  /** Every layer is compressed by zstd: lists say so in an annotation. */
  readonly allZstd: boolean;
}

/** Copies the image of a manifest; `instance` is its digest when it is one of a list. `inList`: it stays one. */
export async function copySingle(
  session: CopySession,
  manifest: RawManifest,
  { instance, inList = false }: { readonly instance?: Digest; readonly inList?: boolean } = {},
): Promise<CopiedImage> {
  if (isListType(manifest.mediaType)) {
    throw new ImageError(
      'MANIFEST_INVALID',
      'Unexpectedly received a manifest list instead of a manifest for a single image',
    );
  }
  const { options, destination, to } = session;
  const signatures = await readSignatures(session, instance);
  const fixed = unchangeable(session, signatures.length);
  const plan = manifestPlan(manifest.mediaType, destination.manifestTypes, {
    format: options.format,
    compression: options.compression?.format,
    fixed,
  });
  if (isSchema1Type(manifest.mediaType)) {
    const { copySchema1 } = await import('./schema1-source.ts');
    return copySchema1(session, manifest, plan, fixed, inList);
  }
  if (!isImageType(manifest.mediaType))
    throw new ImageError('UNSUPPORTED', `manifests of type ${JSON.stringify(manifest.mediaType)} can't be copied`);
  if (options.skipIfPresent && (await isPresent(session, manifest))) return { manifest, allZstd: false };
  const parsed = parseManifest(manifest.bytes, manifest.mediaType);
  const layers = await copyLayers(session, manifest, parsed, fixed);
  const image: SourceImage = { manifest, parsed, layers };
  const result = await putManifest(session, image, plan, fixed, inList);
  if (signatures.length > 0) {
    note(session, 'Storing signatures');
    if (!destination.putSignatures) throw new ImageError('UNSUPPORTED', `Can not copy signatures to ${to}`);
    await destination.putSignatures(signatures, inList ? result.digest : undefined);
  }
  return { manifest: result, allZstd: layers.length > 0 && image.layers.every((layer, n) => isZstd(image, n, layer)) };
}

function isZstd({ parsed }: SourceImage, index: number, { compression }: SourceImage['layers'][number]): boolean {
  return (compression ?? layerKind(parsed.layers[index]?.mediaType ?? '')?.compression) === 'zstd';
}

/** Tries the types in turn, as some registries refuse some of them. */
export async function putManifest(
  session: CopySession,
  image: SourceImage,
  plan: readonly string[],
  fixed: string | undefined,
  inList: boolean,
): Promise<RawManifest> {
  const failures: { readonly type: string; readonly error: ImageError }[] = [];
  for (const type of plan) {
    try {
      const manifest = await prepareCandidate(session, image, type, fixed);
      note(session, 'Writing manifest to image destination');
      await session.destination.putManifest(manifest, inList ? manifest.digest : undefined);
      tell(session, { type: 'manifest', digest: manifest.digest, mediaType: manifest.mediaType });
      return manifest;
    } catch (error) {
      if (!isRejection(error)) throw error;
      failures.push({ type, error });
    }
  }
  const [first] = failures;
  if (failures.length === 1 && first) {
    const why = fixed === undefined ? '' : ` and we cannot try conversions: ${JSON.stringify(fixed)}`;
    throw new ImageError(first.error.code, `writing manifest failed${why}: ${first.error.message}`, {
      cause: first.error,
      status: first.error.status,
    });
  }
  const list = failures.map(({ type, error }) => `${type}(${error.message})`).join(', ');
  throw new ImageError(
    first?.error.code ?? 'COPY_FAILED',
    `Uploading manifest failed, attempted the following formats: ${list}`,
    { cause: first?.error, status: first?.error.status },
  );
}

function isRejection(error: unknown): error is ImageError {
  return (
    error instanceof ImageError && (error.code === 'MANIFEST_REJECTED' || error.code === 'COMPRESSION_UNSUPPORTED')
  );
}

/** Whether the destination has exactly this manifest already. */
async function isPresent(session: CopySession, manifest: RawManifest): Promise<boolean> {
  const { options, signal, to } = session;
  try {
    await using there = await to.open({ ...(options.destinationContext ?? options.context), signal });
    if ((await there.manifest()).digest !== manifest.digest) return false;
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof ImageError) return false;
    throw error;
  }
  note(session, 'Skipping: image already present at destination');
  return true;
}
