/** The copy engine: knows sources, destinations and blobs, and no transport. */
import type { Policy } from '@lighter/config/policy';
import { readPolicy } from '@lighter/config/policy';
import type { Descriptor } from '@lighter/spec/blob';
import type { Digest } from '@lighter/spec/digest';
import { isImageType, isListType, parseIndex, parseManifest } from '@lighter/spec/manifest';
import type { ImageManifest, RawManifest } from '@lighter/spec/oci-image';
import { chooseInstance } from '@lighter/spec/platform';
import { ImageError } from '../errors.ts';
import { assertAccepted } from '../policy.ts';
import { rawManifest } from '../raw-manifest.ts';
import type { CopyEvent, ImageContext, ImageDestination, ImageReference, ImageSource, StoredBlob } from '../types.ts';
import { gzipBlob, isCompressedType } from './compress.ts';
import { convertConfig, convertedManifest, layerType, manifestTypeFor } from './convert.ts';
import { inParallel } from './parallel.ts';

export interface CopyOptions {
  /** Default: the system's policy.json. */
  readonly policy?: Policy;
  /** For both sides, unless one has its own. */
  readonly context?: ImageContext;
  readonly sourceContext?: ImageContext;
  readonly destinationContext?: ImageContext;
  readonly signal?: AbortSignal;
  readonly onEvent?: (event: CopyEvent) => void;
  /** Type that the manifest must have at the destination; default: the source's where the destination takes it. */
  readonly format?: 'oci' | 'v2s2';
  /** Copy every image of a list instead of the one for this platform. */
  readonly all?: boolean;
  /** Fail rather than change a manifest. */
  readonly preserveDigests?: boolean;
  readonly removeSignatures?: boolean;
  /** Blobs at once. Default 6. */
  readonly parallel?: number;
}

const PARALLEL = 6;

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
  const copy = new Copy(source, destination, from, to, options, signal);
  try {
    const manifest = await copy.run();
    await destination.commit();
    return manifest;
  } catch (error) {
    // Whatever is still on its way ends too, before the sides are closed.
    abort.abort(error);
    throw error;
  }
}

class Copy {
  readonly #source: ImageSource;
  readonly #destination: ImageDestination;
  readonly #from: ImageReference;
  readonly #to: ImageReference;
  readonly #options: CopyOptions;
  readonly #signal: AbortSignal;

  constructor(
    source: ImageSource,
    destination: ImageDestination,
    from: ImageReference,
    to: ImageReference,
    options: CopyOptions,
    signal: AbortSignal,
  ) {
    this.#source = source;
    this.#destination = destination;
    this.#from = from;
    this.#to = to;
    this.#options = options;
    this.#signal = signal;
  }

  async run(): Promise<RawManifest> {
    const top = await this.#source.manifest();
    if (!isListType(top.mediaType)) return this.#single(top);
    if (this.#options.all) return this.#list(top);
    const { manifests } = parseIndex(top.bytes, top.mediaType);
    const wanted = (this.#options.sourceContext ?? this.#options.context)?.platform ?? {};
    const chosen = chooseInstance(manifests, wanted);
    if (!chosen) {
      const { hostPlatform } = await import('@lighter/spec/platform');
      const host = { ...hostPlatform(), ...wanted };
      throw new ImageError(
        'IMAGE_NOT_FOUND',
        `${this.#from}: no image found in image index for architecture ${JSON.stringify(host.architecture)}, variant ${JSON.stringify(host.variant ?? '')}, OS ${JSON.stringify(host.os)}`,
      );
    }
    const result = await this.#single(await this.#source.manifest(chosen.digest), chosen.digest);
    await this.#destination.putList?.(top);
    return result;
  }

  /** Every image of a list, unchanged, then the list. */
  async #list(top: RawManifest): Promise<RawManifest> {
    const accepted = this.#destination.manifestTypes;
    if (accepted.length > 0 && !accepted.some(isListType)) {
      throw new ImageError(
        'UNSUPPORTED',
        `copying multiple images: destination transport ${JSON.stringify(this.#to.transport)} does not support copying multiple images as a group`,
      );
    }
    if (accepted.length > 0 && !accepted.includes(top.mediaType)) {
      throw new ImageError(
        'UNSUPPORTED',
        `a list of type ${top.mediaType} would have to be converted for ${this.#to}, which is not built yet for whole lists`,
      );
    }
    for (const { digest } of parseIndex(top.bytes, top.mediaType).manifests) {
      await this.#single(await this.#source.manifest(digest), digest, true);
    }
    await this.#destination.putManifest(top);
    return top;
  }

  async #single(manifest: RawManifest, instance?: Digest, asInstance = false): Promise<RawManifest> {
    if (isListType(manifest.mediaType))
      throw new ImageError(
        'MANIFEST_INVALID',
        'Unexpectedly received a manifest list instead of a manifest for a single image',
      );
    if (!isImageType(manifest.mediaType)) {
      throw new ImageError(
        'UNSUPPORTED',
        `manifests of type ${JSON.stringify(manifest.mediaType)} can't be copied yet`,
      );
    }
    const parsed = parseManifest(manifest.bytes, manifest.mediaType);
    const signatures = this.#options.removeSignatures ? [] : await collect(this.#source.signatures(instance));
    if (signatures.length > 0 && !this.#destination.putSignatures) {
      throw new ImageError(
        'UNSUPPORTED',
        `Can not copy signatures to ${this.#to}: use --remove-signatures to leave them out`,
      );
    }
    const fixed = this.#unchangeable(signatures.length > 0 || asInstance);
    const target = fixed
      ? manifest.mediaType
      : manifestTypeFor(manifest.mediaType, this.#destination.manifestTypes, this.#options.format);
    const layers = await this.#layers(manifest, parsed, target, fixed);
    const config = await this.#config(parsed, target);
    const result = this.#resulting(manifest, parsed, target, config, layers, fixed);
    this.#options.onEvent?.({ type: 'manifest', digest: result.digest, mediaType: result.mediaType });
    await this.#destination.putManifest(result, asInstance ? result.digest : undefined);
    if (signatures.length > 0)
      await this.#destination.putSignatures?.(signatures, asInstance ? result.digest : undefined);
    return result;
  }

  /** Why the manifest has to stay as it is, if so. */
  #unchangeable(bound: boolean): string | undefined {
    if (this.#options.preserveDigests) return 'Instructed to preserve digests';
    if (this.#to.dockerReference?.includes('@')) return 'Destination specifies a digest';
    return bound ? 'Would invalidate signatures or a list' : undefined;
  }

  async #layers(
    manifest: RawManifest,
    parsed: ImageManifest,
    target: string,
    fixed: string | undefined,
  ): Promise<Descriptor[]> {
    const replacements = await this.#source.layersForCopy?.(manifest);
    const parallel = this.#destination.concurrentBlobs ? (this.#options.parallel ?? PARALLEL) : 1;
    return inParallel(parsed.layers, parallel, (layer, index) =>
      this.#layer(layer, replacements?.[index], index, target, fixed),
    );
  }

  async #layer(
    layer: Descriptor,
    replacement: Descriptor | undefined,
    layerIndex: number,
    target: string,
    fixed: string | undefined,
  ): Promise<Descriptor> {
    const { onEvent } = this.#options;
    const reused = await this.#destination.reuse(layer, { layerIndex, source: this.#from });
    if (reused) {
      onEvent?.({ type: 'blob-reused', digest: layer.digest, size: reused.size });
      return { ...layer, mediaType: layerType(layer.mediaType, target), size: layer.size };
    }
    const given = replacement ?? layer;
    if (fixed && given.digest !== layer.digest) {
      throw new ImageError(
        'COPY_FAILED',
        `layer ${layer.digest} is only there in another form, and the manifest can't be changed: ${fixed}`,
      );
    }
    const compress = this.#destination.layerCompression === 'compress' && !fixed && !isCompressedType(given.mediaType);
    onEvent?.({ type: 'blob-start', digest: layer.digest, size: layer.size, kind: 'layer' });
    const blob = await this.#source.blob(given);
    const stored = await this.#destination.putBlob(
      compress ? gzipBlob(blob) : blob,
      compress ? { mediaType: given.mediaType, size: -1 } : given,
      {
        signal: this.#signal,
        layerIndex,
        onProgress: (bytes) => onEvent?.({ type: 'blob-progress', digest: layer.digest, bytes, size: layer.size }),
      },
    );
    onEvent?.({ type: 'blob-done', digest: stored.digest, size: stored.size });
    const mediaType = layerType(given.mediaType, target, compress ? 'gzip' : undefined);
    return stored.digest === layer.digest
      ? { ...layer, mediaType }
      : { mediaType, digest: stored.digest, size: stored.size };
  }

  async #config(parsed: ImageManifest, target: string): Promise<StoredBlob> {
    const { config } = parsed;
    const { onEvent } = this.#options;
    const blob = await this.#source.blob(config);
    const converted = await convertConfig(blob, config, target, this.#signal);
    const put = converted ?? { blob, descriptor: config };
    const reused = await this.#destination.reuse(put.descriptor, { source: this.#from });
    // A store wants the bytes themselves: it keeps no configuration as a layer.
    if (reused && this.#to.transport !== 'containers-storage') {
      onEvent?.({ type: 'blob-reused', digest: put.descriptor.digest, size: put.descriptor.size });
      return reused;
    }
    onEvent?.({ type: 'blob-start', digest: put.descriptor.digest, size: put.descriptor.size, kind: 'config' });
    const stored = await this.#destination.putBlob(put.blob, put.descriptor, { signal: this.#signal, isConfig: true });
    onEvent?.({ type: 'blob-done', digest: stored.digest, size: stored.size });
    return stored;
  }

  #resulting(
    manifest: RawManifest,
    parsed: ImageManifest,
    target: string,
    config: StoredBlob,
    layers: readonly Descriptor[],
    fixed: string | undefined,
  ): RawManifest {
    const same =
      target === manifest.mediaType &&
      config.digest === parsed.config.digest &&
      layers.every(
        (layer, index) =>
          layer.digest === parsed.layers[index]?.digest && layer.mediaType === parsed.layers[index]?.mediaType,
      );
    if (same) return manifest;
    if (fixed)
      throw new ImageError(
        'COPY_FAILED',
        `the manifest would have to be changed for ${this.#to}, which it can't be: ${fixed}`,
      );
    return rawManifest(Buffer.from(convertedManifest(parsed, target, config, layers)), target);
  }
}

async function collect(signatures: AsyncIterable<Uint8Array>): Promise<Uint8Array[]> {
  const all: Uint8Array[] = [];
  for await (const signature of signatures) all.push(signature);
  return all;
}
