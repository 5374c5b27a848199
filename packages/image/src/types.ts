/**
 * The five interfaces that image copying knows. A transport is one folder under `transports/`; adding one touches
 * nothing else.
 */
import type { BlobSource, Descriptor } from '@lighter/spec/blob';
import type { Digest } from '@lighter/spec/digest';
import type { RawManifest } from '@lighter/spec/oci-image';

/** Everything that opening an image may need from the outside. */
export interface ImageContext {
  readonly signal?: AbortSignal;
  /** `--tls-verify`: true and false override what registries.conf says; undefined leaves it to the file. */
  readonly tlsVerify?: boolean;
  /** `--authfile`. */
  readonly authFile?: string;
  /** `--creds user:password`, before anything in files. */
  readonly credentials?: { readonly username: string; readonly password: string };
  /** `--registry-token`: a bearer token, used as it is. */
  readonly registryToken?: string;
  /** `--cert-dir`: ca.crt, *.cert, *.key. */
  readonly certificateDirectory?: string;
  readonly platform?: { readonly os?: string; readonly architecture?: string; readonly variant?: string };
  readonly userAgent?: string;
  /** `--tmpdir`: for big temporary files; default `/var/tmp`. */
  readonly temporaryDirectory?: string;
  /** Where it is kept what is known of blobs; default: the system's folder, or the user's own. */
  readonly blobCacheDirectory?: string;
  /** `--registries.d`: the folder that says where signatures of registries are; default: the system's. */
  readonly signatureConfiguration?: string;
  /** What a folder (`dir:`) wants layers to be; default: as they are. */
  readonly directoryCompression?: 'compress' | 'decompress';
  /** A layout (`oci:`) takes layers uncompressed as well. */
  readonly acceptUncompressedLayers?: boolean;
  /** Where layouts (`oci:`) keep their blobs instead of in themselves. */
  readonly sharedBlobDirectory?: string;
  /** Address of the daemon (`docker-daemon:`): `unix:///var/run/docker.sock`. */
  readonly daemonHost?: string;
  /** More names for an image in an archive (`docker-archive:`): `name:tag`. */
  readonly additionalTags?: readonly string[];
}

export interface Transport {
  readonly name: string;
  /** The text behind `name:`. Throws an ImageError with code `REFERENCE_INVALID`. */
  parse(text: string): ImageReference;
}

export interface ImageReference {
  readonly transport: string;
  /** With the transport's name; parsing it again gives an equal reference. */
  toString(): string;
  /** Normalised docker reference, for identity in policies and for names in a store. */
  readonly dockerReference?: string | undefined;
  /** Where `policy.json` looks: most specific scope first, without the transport's name. */
  readonly policyScopes: readonly string[];
  open(context: ImageContext): Promise<ImageSource>;
  create(context: ImageContext): Promise<ImageDestination>;
  delete?(context: ImageContext): Promise<void>;
}

export interface ImageSource extends AsyncDisposable {
  /** The manifest the reference names, or one instance of its list. Bytes are checked against the digest asked for. */
  manifest(instance?: Digest): Promise<RawManifest>;
  blob(descriptor: Descriptor): Promise<BlobSource>;
  signatures(instance?: Digest): AsyncIterable<Uint8Array>;
  /** Layers to copy instead of the manifest's own: a store keeps them uncompressed. */
  layersForCopy?(manifest: RawManifest): Promise<readonly Descriptor[] | undefined>;
}

/** How a destination came to have a blob. */
export interface StoredBlob {
  readonly digest: Digest;
  readonly size: number;
  /** Set when the blob has another form than was asked for: a substitute with the same content. */
  readonly compression?: 'none' | 'gzip' | 'zstd';
  /** Digest of the uncompressed content, where the destination has worked it out. */
  readonly uncompressed?: Digest;
}

export interface PutBlobOptions {
  readonly signal?: AbortSignal;
  readonly onProgress?: (bytes: number) => void;
  readonly isConfig?: boolean;
  /** Place among the image's layers, 0 first. */
  readonly layerIndex?: number;
  /** How a layer is compressed, where that is known. */
  readonly compression?: 'none' | 'gzip' | 'zstd';
}

export interface ReuseOptions {
  /** Place among the image's layers, 0 first. */
  readonly layerIndex?: number;
  readonly source?: ImageReference;
  /** Another blob with the same content will do, compressed in another way. */
  readonly canSubstitute?: boolean;
  /** Only blobs compressed in this way. */
  readonly requiredCompression?: 'gzip' | 'zstd';
}

export interface ImageDestination extends AsyncDisposable {
  /** Manifest media types accepted, best first; empty: anything. */
  readonly manifestTypes: readonly string[];
  /** What the destination wants layers to be. */
  readonly layerCompression: 'compress' | 'decompress' | 'preserve';
  /** Whether several putBlob calls may run at once. */
  readonly concurrentBlobs: boolean;
  /** Layers that the manifest gives addresses for needn't be there. Default false. */
  readonly keepsForeignLayers?: boolean;
  /** The blob if the destination has it already or can get it without its bytes passing through us. */
  reuse(descriptor: Descriptor, options: ReuseOptions): Promise<StoredBlob | undefined>;
  /** `descriptor.size` is -1 and `descriptor.digest` absent when the blob is made on the way (compressed). */
  putBlob(
    blob: BlobSource,
    descriptor: { readonly mediaType: string; readonly digest?: Digest; readonly size: number },
    options: PutBlobOptions,
  ): Promise<StoredBlob>;
  putManifest(manifest: RawManifest, instance?: Digest): Promise<void>;
  /** Keeps the list that the image was chosen from beside it, where the destination can. */
  putList?(list: RawManifest): Promise<void>;
  putSignatures?(signatures: readonly Uint8Array[], instance?: Digest): Promise<void>;
  /** Nothing is visible before this. Disposing without it throws away what was put. */
  commit(): Promise<void>;
}

/** What happens during a copy; a program prints them as JSON lines as they are. */
export type CopyEvent =
  | { readonly type: 'blob-start'; readonly digest: Digest; readonly size: number; readonly kind: 'layer' | 'config' }
  | { readonly type: 'blob-progress'; readonly digest: Digest; readonly bytes: number; readonly size: number }
  | { readonly type: 'blob-done'; readonly digest: Digest; readonly size: number }
  | { readonly type: 'blob-reused'; readonly digest: Digest; readonly size: number; readonly kind: 'layer' | 'config' }
  /** A line for people: what begins now, in upstream's words. */
  | { readonly type: 'note'; readonly text: string }
  | { readonly type: 'manifest'; readonly digest: Digest; readonly mediaType: string }
  | { readonly type: 'retry'; readonly what: string; readonly attempt: number; readonly reason: string };
