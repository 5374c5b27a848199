/**
 * Writing an image into a store: layers are extracted beside it as they come, several at once; everything becomes visible in
 * commit, layers first, then the image with all its data and names in one record.
 */

import type { BlobSource, Descriptor } from '@lighter/spec/blob';
import { type Digest, digestHex } from '@lighter/spec/digest';
import { isImageType, parseManifest } from '@lighter/spec/manifest';
import { mediaTypes } from '@lighter/spec/media-types';
import type { ImageConfig, RawManifest } from '@lighter/spec/oci-image';
import { formatReference, type Reference } from '@lighter/spec/reference';
import { layerId } from '@lighter/storage/ids';
import type { BlobForm, Layer, PutImage, PutLayer, StagedLayer, Store } from '@lighter/storage/store-types';
import { ImageError } from '../../errors.ts';
import type { ImageDestination, PutBlobOptions, StoredBlob } from '../../types.ts';

/** Largest configuration kept in memory. */
const MAX_CONFIG = 4 * 1024 * 1024;

export async function createStorageDestination(
  named: Reference | undefined,
  { store, own }: { store: Store; own: boolean },
): Promise<ImageDestination> {
  return new StorageDestination(named, store, own);
}

class StorageDestination implements ImageDestination {
  readonly manifestTypes = [mediaTypes.ociManifest, mediaTypes.dockerManifest];
  readonly layerCompression = 'preserve';
  readonly concurrentBlobs = true;
  readonly #named: Reference | undefined;
  readonly #store: Store;
  readonly #own: boolean;
  /** By digest of the blob as it came. */
  readonly #staged = new Map<Digest, StagedLayer>();
  readonly #reused = new Map<Digest, Layer>();
  readonly #copies: StagedLayer[] = [];
  readonly #items = new Map<Digest, Buffer>();
  #known: Promise<Layer[]> | undefined;
  #manifest: RawManifest | undefined;
  #list: RawManifest | undefined;
  #signatures: readonly Uint8Array[] = [];

  constructor(named: Reference | undefined, store: Store, own: boolean) {
    this.#named = named;
    this.#store = store;
    this.#own = own;
  }

  /** A layer of the store with the same content, compressed or not. */
  async reuse({ digest, size }: Descriptor): Promise<StoredBlob | undefined> {
    if (this.#staged.has(digest)) return { digest, size };
    this.#known ??= this.#store.layers();
    const layer = (await this.#known).find((one) => one.diffDigest === digest || one.compressedDigest === digest);
    if (!layer?.diffDigest) return undefined;
    this.#reused.set(digest, layer);
    return { digest, size };
  }

  async putBlob(
    blob: Parameters<ImageDestination['putBlob']>[0],
    descriptor: Parameters<ImageDestination['putBlob']>[1],
    options: PutBlobOptions,
  ): Promise<StoredBlob> {
    const { signal, onProgress } = options;
    if (options.isConfig) return this.#putItem(blob, descriptor, signal);
    const staged = await this.#store.stageLayer(blob, {
      ...(descriptor.digest ? { digest: descriptor.digest } : {}),
      ...(signal ? { signal } : {}),
      ...(onProgress ? { onProgress } : {}),
    });
    const digest = descriptor.digest ?? staged.compressedDigest;
    const other = this.#staged.get(digest);
    this.#staged.set(digest, staged);
    await other?.[Symbol.asyncDispose](); // an image may have the same layer twice
    return { digest, size: staged.compressedSize, uncompressed: staged.diffDigest };
  }

  async putManifest(manifest: RawManifest): Promise<void> {
    if (!isImageType(manifest.mediaType)) {
      throw new ImageError(
        'UNSUPPORTED',
        `a store keeps images with manifests of OCI or Docker schema 2, not ${manifest.mediaType}`,
      );
    }
    this.#manifest = manifest;
  }

  async putList(list: RawManifest): Promise<void> {
    this.#list = list;
  }

  async putSignatures(signatures: readonly Uint8Array[]): Promise<void> {
    this.#signatures = signatures;
  }

  async commit(): Promise<void> {
    const manifest = this.#manifest;
    if (!manifest) throw new ImageError('COPY_FAILED', 'no manifest was put');
    const parsed = parseManifest(manifest.bytes, manifest.mediaType);
    const config = this.#items.get(parsed.config.digest);
    if (!config) throw new ImageError('COPY_FAILED', `the configuration ${parsed.config.digest} was not put`);
    const { diffIds, created } = configFacts(config);
    const { top, news } = await this.#putLayers(parsed.layers, diffIds);
    const sizes = this.#signatures.map((signature) => signature.length);
    await this.#putImage(
      {
        id: digestHex(parsed.config.digest),
        created,
        digest: this.#list?.digest ?? manifest.digest,
        metadata:
          sizes.length > 0
            ? JSON.stringify({ 'signature-sizes': sizes, 'signatures-sizes': { [manifest.digest]: sizes } })
            : '{}',
        items: [
          { key: parsed.config.digest, data: config },
          ...(this.#list
            ? [{ key: `manifest-${this.#list.digest}`, data: this.#list.bytes, digest: this.#list.digest }]
            : []),
          { key: `manifest-${manifest.digest}`, data: manifest.bytes, digest: manifest.digest },
          { key: 'manifest', data: manifest.bytes, digest: manifest.digest },
          ...(sizes.length > 0
            ? ['signatures', `signature-${digestHex(manifest.digest)}`].map((key) => ({
                key,
                data: Buffer.concat(this.#signatures as Uint8Array[]),
              }))
            : []),
        ],
        addNames: this.#named ? [formatReference(this.#named)] : [],
        ...(top ? { layer: top } : {}),
      },
      news,
    );
  }

  /** An image that can't be put takes the layers that only it has brought away again. */
  async #putImage(image: PutImage, news: readonly string[]): Promise<void> {
    try {
      await this.#store.putImage(image);
    } catch (error) {
      try {
        for (const id of news.toReversed()) await this.#store.deleteLayer(id);
      } catch {
        // Somebody else uses one meanwhile, and so all below it; what failed first is what counts.
      }
      throw error;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const staged of [...this.#staged.values(), ...this.#copies]) await staged[Symbol.asyncDispose]();
    if (this.#own) await this.#store[Symbol.asyncDispose]();
  }

  async #putItem(
    blob: Parameters<ImageDestination['putBlob']>[0],
    { digest }: { readonly digest?: Digest },
    signal: AbortSignal | undefined,
  ): Promise<StoredBlob> {
    const chunks: Uint8Array[] = [];
    let size = 0;
    for await (const chunk of blob.stream(signal)) {
      size += chunk.length;
      if (size > MAX_CONFIG)
        throw new ImageError('LIMIT_EXCEEDED', `the image configuration exceeds the maximum of ${MAX_CONFIG} bytes`);
      chunks.push(chunk);
    }
    const data = Buffer.concat(chunks);
    const { digestOf } = await import('../../raw-manifest.ts');
    const actual = digestOf(data);
    if (digest !== undefined && actual !== digest)
      throw new ImageError('DIGEST_MISMATCH', `Digest did not match, expected ${digest}, got ${actual}`);
    this.#items.set(actual, data);
    return { digest: actual, size };
  }

  /** Puts what isn't there under the ids that follow from the diff ids. */
  async #putLayers(
    layers: readonly Descriptor[],
    diffIds: readonly Digest[],
  ): Promise<{ top: string | undefined; news: string[] }> {
    if (diffIds.length !== layers.length) {
      throw new ImageError(
        'MANIFEST_INVALID',
        `the manifest has ${layers.length} layers, the configuration ${diffIds.length} diff IDs`,
      );
    }
    const puts: PutLayer[] = [];
    const existing = new Set((await this.#store.layers()).map((layer) => layer.id));
    let parent: string | undefined;
    for (const [index, { digest }] of layers.entries()) {
      const diffId = diffIds[index] as Digest;
      const actual = this.#staged.get(digest)?.diffDigest ?? this.#reused.get(digest)?.diffDigest;
      if (actual !== diffId) {
        throw new ImageError(
          'DIGEST_MISMATCH',
          `layer ${index} (blob ${digest}) does not match config's DiffID ${diffId}: it is ${actual ?? 'missing'}`,
        );
      }
      const id = layerId(diffId, parent);
      if (!existing.has(id)) puts.push({ id, ...(await this.#content(digest, puts)), ...(parent ? { parent } : {}) });
      parent = id;
    }
    await this.#store.putLayers(puts);
    return { top: parent, news: puts.map((put) => put.id) };
  }

  /** What was staged; or, for content known under another parent or used twice in this image, a copy made of it. */
  async #content(digest: Digest, puts: readonly PutLayer[]): Promise<Pick<PutLayer, 'staged' | 'original'>> {
    const staged = this.#staged.get(digest);
    if (staged && !puts.some((put) => put.staged === staged)) return { staged };
    const known = this.#reused.get(digest);
    const blob: BlobSource = {
      stream: (signal) => (staged ? staged.tar(signal) : this.#store.layerTar(known?.id ?? '', signal)),
    };
    const copy = await this.#store.stageLayer(blob);
    this.#copies.push(copy);
    const original = staged ?? (known && formOf(known));
    return { staged: copy, ...(original ? { original } : {}) };
  }
}

function formOf({ compressedDigest, compressedSize, compression }: Layer): BlobForm | undefined {
  return compressedDigest === undefined
    ? undefined
    : { compressedDigest, compressedSize: compressedSize ?? 0, compression };
}

function configFacts(bytes: Buffer): { diffIds: Digest[]; created: string } {
  let config: Partial<ImageConfig>;
  try {
    config = JSON.parse(bytes.toString());
  } catch (error) {
    throw new ImageError('MANIFEST_INVALID', `the image configuration isn't JSON: ${(error as Error).message}`, {
      cause: error,
    });
  }
  const created =
    typeof config?.created === 'string' && !Number.isNaN(Date.parse(config.created))
      ? config.created
      : new Date().toISOString();
  const diffIds = config?.rootfs?.diff_ids;
  return { diffIds: Array.isArray(diffIds) ? diffIds : [], created };
}
