/** An image of Docker schema 2 or OCI written as schema 1, for registries that take nothing else. */
import { createHash } from 'node:crypto';
import { type Digest, digestHex, parseDigest } from '@lighter/spec/digest';
import { goJson, sortedKeys } from '@lighter/spec/go-json';
import { mediaTypes } from '@lighter/spec/media-types';
import type { ImageConfig, RawManifest } from '@lighter/spec/oci-image';
import { parseReference } from '@lighter/spec/reference';
import { bytesBlob, readBlob } from '../blob-bytes.ts';
import { ImageError } from '../errors.ts';
import { MAX_CONFIG_BYTES, parseConfig } from '../manifest/config.ts';
import { isRunnable, notAnImage } from '../manifest/edit.ts';
import { layerKind } from '../manifest/layer-types.ts';
import { type Schema1Layer, signedSchema1 } from '../manifest/schema1.ts';
import { rawManifest } from '../raw-manifest.ts';
import type { ImageReference } from '../types.ts';
import type { SourceImage } from './candidate.ts';
import type { CopySession } from './session.ts';

/** A gzip of an empty archive, byte for byte the one that Docker's tools use. */
const EMPTY_LAYER = Buffer.from('1f8b080000096e8800ff621805a360148c5800080000ffff2eafb5ef00040000', 'hex');
const EMPTY_LAYER_DIGEST = parseDigest('sha256:a3ed95caeb02ffe68cdd9fd84406680ae93d633cb16422d00e8a7c22955b46d4');

export async function schema1Candidate(session: CopySession, image: SourceImage): Promise<RawManifest> {
  const { parsed, layers } = image;
  if (!isRunnable(parsed)) throw notAnImage(parsed);
  const encoded = layers.some(
    ({ compression }, n) => (compression ?? layerKind(parsed.layers[n]?.mediaType ?? '')?.compression) === 'zstd',
  );
  if (encoded)
    throw new ImageError(
      'COMPRESSION_UNSUPPORTED',
      'zstd compression is not supported for docker images: use --format oci',
    );
  const config = await readBlob(await session.source.blob(parsed.config), parsed.config, {
    what: 'the image configuration',
    maxBytes: MAX_CONFIG_BYTES,
    signal: session.signal,
  });
  const chain = historyChain(
    parseConfig(config),
    config,
    layers.map(({ digest }) => digest),
  );
  if (chain.some(({ digest }) => digest === EMPTY_LAYER_DIGEST)) await putEmptyLayer(session);
  const bytes = signedSchema1({ ...nameOf(session.to), architecture: parseConfig(config).architecture, layers: chain });
  return rawManifest(bytes, mediaTypes.dockerSchema1Signed);
}

/** Name and tag are in the manifest; where the destination has none they are empty. */
export function nameOf({ dockerReference }: ImageReference): { readonly name: string; readonly tag: string } {
  if (dockerReference === undefined) return { name: '', tag: '' };
  const { path, tag = '' } = parseReference(dockerReference);
  return { name: path, tag };
}

async function putEmptyLayer({ destination, from, signal }: CopySession): Promise<void> {
  const descriptor = { mediaType: mediaTypes.dockerLayerGzip, digest: EMPTY_LAYER_DIGEST, size: EMPTY_LAYER.length };
  if (await destination.reuse(descriptor, { source: from })) return;
  await destination.putBlob(bytesBlob(EMPTY_LAYER), descriptor, { signal });
}

/** One entry for each step of the history, the base first, with ids that follow from what is below. */
function historyChain(config: ImageConfig, bytes: Buffer, digests: readonly Digest[]): Schema1Layer[] {
  const history = config.history ?? [];
  if (history.length === 0)
    throw new ImageError('UNSUPPORTED', 'Cannot convert an image with 0 history entries to v2s1');
  const chain: Schema1Layer[] = [];
  let used = 0;
  let parent = '';
  for (const [index, entry] of history.entries()) {
    const digest = entry.empty_layer ? EMPTY_LAYER_DIGEST : digests[used++];
    if (digest === undefined)
      throw new ImageError(
        'MANIFEST_INVALID',
        `the history has more layers than the manifest, which has ${digests.length}`,
      );
    const isTop = index === history.length - 1;
    const id = imageId([digestHex(digest), parent, ...(isTop ? [bytes.toString()] : [])]);
    const more = { ...(parent ? { parent } : {}), ...(entry.empty_layer ? { throwaway: true } : {}) };
    const compatibility = isTop
      ? sortedKeys({ ...withoutRootfs(config), id, ...more })
      : {
          id,
          ...(parent ? { parent } : {}),
          ...(entry.comment ? { comment: entry.comment } : {}),
          created: entry.created ?? '0001-01-01T00:00:00Z',
          container_config: { Cmd: entry.created_by ? [entry.created_by] : [''] },
          ...(entry.author ? { author: entry.author } : {}),
          ...(entry.empty_layer ? { throwaway: true } : {}),
        };
    chain.push({ digest, compatibility: { id }, text: goJson(compatibility) });
    parent = id;
  }
  if (used !== digests.length)
    throw new ImageError('MANIFEST_INVALID', `the manifest has ${digests.length} layers, the history ${used}`);
  return chain;
}

function imageId(parts: readonly string[]): string {
  return createHash('sha256').update(parts.join(' ')).digest('hex');
}

function withoutRootfs({ rootfs: _rootfs, history: _history, ...rest }: ImageConfig): Record<string, unknown> {
  return rest;
}
