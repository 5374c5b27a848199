/** Docker schema 1 as schema 2: needs the uncompressed digest of every layer, which schema 1 doesn't name. */
import { createHash } from 'node:crypto';
import type { Descriptor } from '@lighter/spec/blob';
import { type Digest, sha256Digest } from '@lighter/spec/digest';
import { goJson, sortedKeys } from '@lighter/spec/go-json';
import { mediaTypes } from '@lighter/spec/media-types';
import type { HistoryEntry, RawManifest } from '@lighter/spec/oci-image';
import { dockerDescriptor } from '../manifest/descriptor.ts';
import type { Schema1Layer, Schema1Manifest } from '../manifest/schema1.ts';
import { digestOf, rawManifest } from '../raw-manifest.ts';
import { plainBlob, verifiedBlob } from './compress.ts';
import { inParallel } from './parallel.ts';
import type { CopySession } from './session.ts';

interface Schema2 {
  readonly manifest: RawManifest;
  readonly config: { readonly digest: Digest; readonly bytes: Buffer };
}

/** Keys of the newest entry that are about the chain, and not about the image. */
const chainKeys = ['id', 'parent', 'parent_id', 'layer_id', 'throwaway', 'Size'];

export async function schema2Of(session: CopySession, parsed: Schema1Manifest): Promise<Schema2> {
  const real = parsed.layers.filter(({ compatibility }) => !compatibility.throwaway);
  const measured = await inParallel(real, 2, (layer) => measure(session, layer));
  const newest = parsed.layers.at(-1) as Schema1Layer;
  const image = Object.fromEntries(
    Object.entries(JSON.parse(newest.text) as Record<string, unknown>).filter(([key]) => !chainKeys.includes(key)),
  );
  const bytes = Buffer.from(
    goJson(
      sortedKeys<unknown>({
        ...image,
        history: parsed.layers.map(historyEntry),
        rootfs: { type: 'layers', diff_ids: measured.map(({ diffId }) => diffId) },
      }),
    ),
  );
  const config = { mediaType: mediaTypes.dockerConfig, digest: digestOf(bytes), size: bytes.length };
  const text = goJson({
    schemaVersion: 2,
    mediaType: mediaTypes.dockerManifest,
    config: dockerDescriptor(config),
    layers: measured.map(({ descriptor }) => dockerDescriptor(descriptor)),
  });
  return {
    manifest: rawManifest(Buffer.from(text), mediaTypes.dockerManifest),
    config: { digest: config.digest, bytes },
  };
}

async function measure(
  { source, signal }: CopySession,
  { digest }: Schema1Layer,
): Promise<{ readonly descriptor: Descriptor; readonly diffId: Digest }> {
  const blob = await source.blob({ mediaType: mediaTypes.dockerLayerGzip, digest, size: -1 });
  let size = 0;
  const counted = {
    async *stream(aborted?: AbortSignal) {
      for await (const chunk of verifiedBlob(blob, digest).stream(aborted)) {
        size += chunk.length;
        yield chunk;
      }
    },
  };
  const hash = createHash('sha256');
  for await (const chunk of plainBlob(counted).stream(signal)) hash.update(chunk);
  return {
    descriptor: { mediaType: mediaTypes.dockerLayerGzip, digest, size },
    diffId: sha256Digest(hash.digest('hex')),
  };
}

function historyEntry({ compatibility }: Schema1Layer): HistoryEntry {
  const { created, author, comment, container_config: container, throwaway } = compatibility;
  const command = container?.Cmd?.join(' ');
  return {
    ...(created ? { created } : {}),
    ...(command ? { created_by: command } : {}),
    ...(author ? { author } : {}),
    ...(comment ? { comment } : {}),
    ...(throwaway ? { empty_layer: true } : {}),
  };
}
