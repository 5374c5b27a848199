/** Layers of one image to the destination, several at once, each in the form it wants. */
import type { Compression } from '@lighter/archive/compression';
import type { BlobSource, Descriptor } from '@lighter/spec/blob';
import type { Digest } from '@lighter/spec/digest';
import type { ImageManifest, RawManifest } from '@lighter/spec/oci-image';
import { blobCache } from '../blob-cache/blob-cache.ts';
import { ImageError } from '../errors.ts';
import type { CopiedLayer } from '../manifest/copied-layer.ts';
import { isRunnable } from '../manifest/edit.ts';
import { type LayerCompression, layerKind } from '../manifest/layer-types.ts';
import type { ImageDestination, StoredBlob } from '../types.ts';
import { compressedBlob, compressionOf, plainBlob, verifiedBlob } from './compress.ts';
import type { LayerCompressionWish } from './options.ts';
import { inParallel } from './parallel.ts';
import { type CopySession, destinationContext, tell } from './session.ts';

const PARALLEL = 6;

/** `fixed`: why layers have to stay as they are, if so. */
export async function copyLayers(
  session: CopySession,
  manifest: RawManifest,
  parsed: ImageManifest,
  fixed: string | undefined,
): Promise<CopiedLayer[]> {
  const replacements = await session.source.layersForCopy?.(manifest);
  const parallel = session.destination.concurrentBlobs ? (session.options.parallel ?? PARALLEL) : 1;
  const reason = fixed ?? (isRunnable(parsed) ? undefined : 'it is not an image to run');
  return inParallel(parsed.layers, parallel, (layer, index) =>
    new LayerCopy(session, layer, replacements?.[index] ?? layer, index, reason).run(),
  );
}

class LayerCopy {
  readonly #session: CopySession;
  /** As the manifest has it. */
  readonly #layer: Descriptor;
  /** As the source has it. */
  readonly #given: Descriptor;
  readonly #index: number;
  readonly #fixed: string | undefined;

  constructor(session: CopySession, layer: Descriptor, given: Descriptor, index: number, fixed: string | undefined) {
    this.#session = session;
    this.#layer = layer;
    this.#given = given;
    this.#index = index;
    // Only what is known to be a layer can be told from what merely lies beside one.
    this.#fixed = fixed ?? (layerKind(layer.mediaType) ? undefined : `it has the type ${layer.mediaType}`);
  }

  async run(): Promise<CopiedLayer> {
    const { destination } = this.#session;
    const { digest, size, urls = [] } = this.#layer;
    if (urls.length > 0 && destination.keepsForeignLayers) return { digest, size, keptElsewhere: true };
    return (await this.#reused()) ?? this.#copied();
  }

  async #reused(): Promise<CopiedLayer | undefined> {
    const { compression: wish } = this.#session.options;
    const kind = layerKind(this.#layer.mediaType);
    if (wish?.force && this.#fixed === undefined && kind && kind.compression !== wish.format) return undefined;
    const found = await this.#session.destination.reuse(this.#layer, {
      layerIndex: this.#index,
      source: this.#session.from,
      // What would have to be compressed may as well be another blob of the same content; others keep their digests.
      canSubstitute:
        this.#fixed === undefined && (this.#given.digest !== this.#layer.digest || kind?.compression === 'none'),
      ...(wish?.force ? { requiredCompression: wish.format } : {}),
    });
    if (!found) return undefined;
    tell(this.#session, { type: 'blob-reused', digest: this.#layer.digest, size: found.size, kind: 'layer' });
    // A store, which unpacks layers, knows its own size; the manifest's is about the blob.
    const same = found.digest === this.#layer.digest;
    return {
      digest: found.digest,
      size: same && this.#layer.size >= 0 ? this.#layer.size : found.size,
      ...(found.compression && found.compression !== kind?.compression ? { compression: found.compression } : {}),
    };
  }

  async #copied(): Promise<CopiedLayer> {
    const { digest, size } = this.#layer;
    if (this.#fixed && this.#given.digest !== digest) {
      throw new ImageError(
        'COPY_FAILED',
        `layer ${digest} is only there in another form, and the manifest can't be changed: ${this.#fixed}`,
      );
    }
    tell(this.#session, { type: 'blob-start', digest, size, kind: 'layer' });
    const { stored, compression } = await this.#sent().catch((error) => {
      // The token for this blob was used up while others were copied: the source gets a new one.
      if ((error as { status?: number }).status !== 401 || this.#session.signal.aborted) throw error;
      return this.#sent();
    });
    tell(this.#session, { type: 'blob-done', digest: stored.digest, size: stored.size });
    const same = stored.digest === digest;
    const declared = layerKind(this.#layer.mediaType)?.compression;
    return {
      digest: stored.digest,
      size: same && size >= 0 ? size : stored.size,
      ...(compression !== undefined && compression !== declared ? { compression } : {}),
    };
  }

  async #sent(): Promise<{ readonly stored: StoredBlob; readonly compression: LayerCompression | undefined }> {
    const { digest, size } = this.#layer;
    const { blob, known, compression, plainDigest } = await this.#inWantedForm(
      await this.#session.source.blob(this.#given),
    );
    const put = (ready: BlobSource, descriptor: Parameters<ImageDestination['putBlob']>[1]) =>
      this.#session.destination.putBlob(ready, descriptor, {
        signal: this.#session.signal,
        layerIndex: this.#index,
        onProgress: (bytes) => tell(this.#session, { type: 'blob-progress', digest, bytes, size }),
        ...(compression === undefined ? {} : { compression }),
      });
    const { mediaType } = this.#given;
    let stored: StoredBlob;
    if (known) stored = await put(blob, this.#given);
    else if (this.#session.options.precomputeDigests) stored = await this.#precomputed(blob, put);
    else stored = await put(blob, { mediaType, size: -1 });
    // What was given plain is the uncompressed content itself.
    this.#learn(stored, compression, plainDigest ?? stored.uncompressed);
    return { stored, compression };
  }

  async #inWantedForm(blob: BlobSource): Promise<WantedForm> {
    const { layerCompression: wanted } = this.#session.destination;
    const declared = layerKind(this.#given.mediaType)?.compression;
    if (this.#fixed !== undefined || wanted === 'preserve') {
      return { blob, known: true, ...(declared === undefined ? {} : { compression: declared }) };
    }
    const found = await compressionOf(blob, declared, this.#session.signal);
    const wish = this.#session.options.compression;
    const verified = () => verifiedBlob(found.blob, this.#given.digest);
    const { compression } = found;
    if (wanted === 'decompress') {
      if (compression === 'none') return { blob: found.blob, known: true, compression: 'none' };
      return { blob: plainBlob(verified()), known: false, compression: 'none' };
    }
    if (compression === 'none')
      return { ...this.#compressed(verified(), wish ?? { format: 'gzip' }), plainDigest: this.#given.digest };
    if (wish && compression !== wish.format) return this.#compressed(plainBlob(verified()), wish);
    return { blob: found.blob, known: true, ...nameable(compression) };
  }

  /** The blob is made in a file first; the destination may have it already. */
  async #precomputed(
    blob: BlobSource,
    put: (ready: BlobSource, descriptor: Descriptor) => Promise<StoredBlob>,
  ): Promise<StoredBlob> {
    const { spooled } = await import('../file-blobs.ts');
    const { signal, from, destination } = this.#session;
    await using file = await spooled(blob, { signal, directory: destinationContext(this.#session).temporaryDirectory });
    const descriptor = { mediaType: this.#given.mediaType, digest: file.digest, size: file.size };
    const reused = await destination.reuse(descriptor, { layerIndex: this.#index, source: from });
    return reused ?? (await put(file.blob, descriptor));
  }

  #learn({ digest }: StoredBlob, compression: LayerCompression | undefined, uncompressed: Digest | undefined): void {
    if (uncompressed === undefined || uncompressed === digest || compression === undefined) return;
    const cache = blobCache(destinationContext(this.#session).blobCacheDirectory);
    cache.learn({ kind: 'content', digest, uncompressed });
    cache.learn({ kind: 'compressor', digest, compressor: compression === 'none' ? 'uncompressed' : compression });
  }

  #compressed(plain: BlobSource, wish: LayerCompressionWish) {
    return { blob: compressedBlob(plain, wish), known: false, compression: wish.format };
  }
}

interface WantedForm {
  readonly blob: BlobSource;
  /** It still has its digest. */
  readonly known: boolean;
  /** What it is now, where that was looked at. */
  readonly compression?: LayerCompression;
  /** Its digest before it was compressed. */
  readonly plainDigest?: Digest;
}

/** bzip2 and xz have no media type: their layers keep the one they came with. */
function nameable(compression: Compression): { readonly compression?: LayerCompression } {
  return compression === 'bzip2' || compression === 'xz' ? {} : { compression };
}
