/** Images whose source has a manifest of Docker schema 1. */
import type { Descriptor } from '@lighter/spec/blob';
import { isSchema1Type, parseManifest } from '@lighter/spec/manifest';
import { mediaTypes } from '@lighter/spec/media-types';
import type { RawManifest } from '@lighter/spec/oci-image';
import { bytesBlob } from '../blob-bytes.ts';
import { ImageError } from '../errors.ts';
import { parseSchema1, type Schema1Manifest, signedSchema1 } from '../manifest/schema1.ts';
import { rawManifest } from '../raw-manifest.ts';
import { copyLayers } from './layers.ts';
import { nameOf } from './schema1-candidate.ts';
import { schema2Of } from './schema1-convert.ts';
import { type CopySession, note, tell } from './session.ts';
import { type CopiedImage, putManifest } from './single.ts';

export async function copySchema1(
  session: CopySession,
  manifest: RawManifest,
  plan: readonly string[],
  fixed: string | undefined,
  inList: boolean,
): Promise<CopiedImage> {
  const parsed = parseSchema1(manifest.bytes);
  if (isSchema1Type(plan[0] ?? '')) return copyUnconverted(session, manifest, parsed, fixed, inList);
  const { manifest: schema2, config } = await schema2Of(session, parsed);
  const source = {
    ...delegate(session),
    blob: (descriptor: Descriptor) =>
      descriptor.digest === config.digest ? Promise.resolve(bytesBlob(config.bytes)) : session.source.blob(descriptor),
  };
  const converted: CopySession = { ...session, source };
  const image = parseManifest(schema2.bytes, schema2.mediaType);
  const layers = await copyLayers(converted, schema2, image, undefined);
  const types = plan.filter((type) => !isSchema1Type(type));
  const result = await putManifest(converted, { manifest: schema2, parsed: image, layers }, types, undefined, inList);
  return { manifest: result, allZstd: false };
}

function delegate({ source }: CopySession): CopySession['source'] {
  return {
    manifest: (instance) => source.manifest(instance),
    blob: (descriptor) => source.blob(descriptor),
    signatures: (instance) => source.signatures(instance),
    [Symbol.asyncDispose]: () => source[Symbol.asyncDispose](),
  };
}

/** Layers as they are; only the name inside follows the destination's. */
async function copyUnconverted(
  session: CopySession,
  manifest: RawManifest,
  parsed: Schema1Manifest,
  fixed: string | undefined,
  inList: boolean,
): Promise<CopiedImage> {
  const layers = [...new Set(parsed.layers.map(({ digest }) => digest))];
  const asSchema2 = {
    schemaVersion: 2 as const,
    config: { mediaType: mediaTypes.dockerConfig, digest: manifest.digest, size: -1 },
    layers: layers.map((digest) => ({ mediaType: mediaTypes.dockerLayerGzip, digest, size: -1 })),
  };
  await copyLayers(session, manifest, asSchema2, fixed ?? 'schema 1 names layers by their digests');
  const result = renamed(session, manifest, parsed, fixed);
  note(session, 'Writing manifest to image destination');
  await session.destination.putManifest(result, inList ? result.digest : undefined);
  tell(session, { type: 'manifest', digest: result.digest, mediaType: result.mediaType });
  return { manifest: result, allZstd: false };
}

function renamed(
  { to }: CopySession,
  manifest: RawManifest,
  parsed: Schema1Manifest,
  fixed: string | undefined,
): RawManifest {
  const wanted = nameOf(to);
  if (to.dockerReference === undefined || (parsed.name === wanted.name && parsed.tag === wanted.tag)) return manifest;
  if (fixed !== undefined) {
    throw new ImageError(
      'COPY_FAILED',
      `Copying a schema1 image with an embedded Docker reference to ${to} (Docker reference ${to.dockerReference}) would change the manifest, which we cannot do: ${JSON.stringify(fixed)}`,
    );
  }
  return rawManifest(signedSchema1({ ...parsed, ...wanted }), mediaTypes.dockerSchema1Signed);
}
