/** One image's manifest in one of the types the destination may take, with the configuration that belongs to it. */
import type { Descriptor } from '@lighter/spec/blob';
import { isDockerType, isSchema1Type } from '@lighter/spec/manifest';
import { mediaTypes } from '@lighter/spec/media-types';
import type { ImageManifest, RawManifest } from '@lighter/spec/oci-image';
import { bytesBlob, readBlob } from '../blob-bytes.ts';
import { ImageError } from '../errors.ts';
import { MAX_CONFIG_BYTES, ociConfigText, parseConfig } from '../manifest/config.ts';
import type { CopiedLayer } from '../manifest/copied-layer.ts';
import { editedLayer, isRunnable, manifestText, notAnImage } from '../manifest/edit.ts';
import { digestOf, rawManifest } from '../raw-manifest.ts';
import { type CopySession, tell } from './session.ts';

export interface SourceImage {
  readonly manifest: RawManifest;
  readonly parsed: ImageManifest;
  readonly layers: readonly CopiedLayer[];
}

/** Puts the configuration that the type needs, and gives the manifest, which isn't put yet. */
export async function prepareCandidate(
  session: CopySession,
  image: SourceImage,
  target: string,
  fixed: string | undefined,
): Promise<RawManifest> {
  const { manifest, parsed } = image;
  if (isSchema1Type(target)) {
    const { schema1Candidate } = await import('./schema1-candidate.ts');
    return schema1Candidate(session, image);
  }
  const layers = parsed.layers.map((layer, index) => editedLayer(layer, image.layers[index] as CopiedLayer, target));
  const config = await putConfig(session, parsed, manifest.mediaType, target);
  const same =
    target === manifest.mediaType &&
    config.digest === parsed.config.digest &&
    layers.every((layer, index) => isSameLayer(layer, parsed.layers[index] as Descriptor));
  if (same) return manifest;
  if (fixed !== undefined) {
    throw new ImageError(
      'COPY_FAILED',
      `the manifest would have to be changed for ${session.to}, which it can't be: ${fixed}`,
    );
  }
  return rawManifest(Buffer.from(manifestText(parsed, target, config, layers)), target);
}

function isSameLayer(a: Descriptor, b: Descriptor): boolean {
  return a.digest === b.digest && a.mediaType === b.mediaType && (a.urls?.length ?? 0) === (b.urls?.length ?? 0);
}

/** A Docker configuration for an OCI manifest is written anew; the other way round the bytes stay. */
async function putConfig(
  session: CopySession,
  parsed: ImageManifest,
  own: string,
  target: string,
): Promise<{ readonly digest: Descriptor['digest']; readonly size: number }> {
  const { config } = parsed;
  if (target !== own && !isRunnable(parsed)) throw notAnImage(parsed);
  if (target !== own && !isDockerType(own) && config.mediaType === mediaTypes.dockerConfig) {
    throw new ImageError(
      'MANIFEST_INVALID',
      `invalid mixed OCI image with Docker v2s2 config (${JSON.stringify(config.mediaType)})`,
    );
  }
  const blob = await session.source.blob(config);
  if (!isDockerType(own) || isDockerType(target)) return put(session, blob, config);
  const original = await readBlob(blob, config, {
    what: 'the image configuration',
    maxBytes: MAX_CONFIG_BYTES,
    signal: session.signal,
  });
  const bytes = Buffer.from(ociConfigText(parseConfig(original)));
  return put(session, bytesBlob(bytes), {
    mediaType: mediaTypes.ociConfig,
    digest: digestOf(bytes),
    size: bytes.length,
  });
}

async function put(
  session: CopySession,
  blob: Parameters<CopySession['destination']['putBlob']>[0],
  config: Descriptor,
) {
  const { destination, from, signal, to } = session;
  const { digest, size } = config;
  // A store wants the bytes themselves: it keeps no configuration as a layer.
  const reused = to.transport === 'containers-storage' ? undefined : await destination.reuse(config, { source: from });
  if (reused) {
    tell(session, { type: 'blob-reused', digest, size, kind: 'config' });
    return { digest, size };
  }
  tell(session, { type: 'blob-start', digest, size, kind: 'config' });
  await destination.putBlob(blob, config, { signal, isConfig: true });
  tell(session, { type: 'blob-done', digest, size });
  return { digest, size };
}
