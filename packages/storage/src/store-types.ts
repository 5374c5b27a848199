/** What the store keeps, and what it can do. On-disk shapes are those of containers/storage. */
import type { BlobSource } from '@lighter/spec/blob';
import type { Digest } from '@lighter/spec/digest';

export interface IdMapping {
  readonly containerId: number;
  readonly hostId: number;
  readonly size: number;
}

/** A layer's record (layers.json). Unknown keys of other tools' records are kept on rewriting. */
export interface Layer {
  /** 64 hex digits. */
  readonly id: string;
  readonly names: readonly string[];
  readonly parent?: string;
  readonly created: string;
  readonly compressedDigest?: Digest;
  readonly compressedSize?: number;
  readonly diffDigest?: Digest;
  /** Bytes of the uncompressed tar; -1 when unknown. */
  readonly diffSize?: number;
  /** 0 none, 1 bzip2, 2 gzip, 3 xz, 4 zstd. */
  readonly compression: number;
  readonly uidMap?: readonly IdMapping[];
  readonly gidMap?: readonly IdMapping[];
  readonly volatile: boolean;
  readonly readOnly: boolean;
}

/** An image's record (images.json). */
export interface Image {
  readonly id: string;
  readonly digest?: Digest;
  /** Normalised `repository:tag` or `repository@digest`. */
  readonly names: readonly string[];
  readonly namesHistory: readonly string[];
  readonly layer?: string;
  readonly metadata?: string;
  readonly created: string;
  readonly items: readonly string[];
  readonly itemSizes: Readonly<Record<string, number>>;
  readonly itemDigests: Readonly<Record<string, Digest>>;
  /** `digest` and the digests of all items whose key starts with `manifest`. */
  readonly digests: readonly Digest[];
  readonly readOnly: boolean;
}

/** A container's record (containers.json). */
export interface Container {
  readonly id: string;
  readonly names: readonly string[];
  /** Image id, or '' for a container from scratch. */
  readonly image: string;
  readonly layer: string;
  readonly metadata?: string;
  readonly created: string;
  readonly items: readonly string[];
  readonly uidMap?: readonly IdMapping[];
  readonly gidMap?: readonly IdMapping[];
  readonly flags: Readonly<Record<string, unknown>>;
}

/** A layer extracted beside the store, not yet part of it. Dispose it to throw it away. */
export interface StagedLayer extends AsyncDisposable {
  readonly diffDigest: Digest;
  readonly diffSize: number;
  readonly compressedDigest: Digest;
  readonly compressedSize: number;
  readonly compression: number;
  readonly uids: readonly number[];
  readonly gids: readonly number[];
  /** The uncompressed tar again, as long as the layer wasn't put or thrown away. */
  tar(signal?: AbortSignal): AsyncIterable<Uint8Array>;
}

export interface StageOptions {
  /** Expected digest of the blob as stored; another one fails the stage. */
  readonly digest?: Digest;
  readonly signal?: AbortSignal;
  /** Called with the number of blob bytes read so far. */
  readonly onProgress?: (bytes: number) => void;
  /** Stop a decompression bomb: refuse more uncompressed bytes than this. */
  readonly maxBytes?: number;
}

/** How a blob was when it came from elsewhere. */
export interface BlobForm {
  readonly compressedDigest: Digest;
  readonly compressedSize: number;
  readonly compression: number;
}

/** A layer of an image being put into the store. */
export interface PutLayer {
  readonly id: string;
  readonly parent?: string;
  readonly staged: StagedLayer;
  /** Recorded instead of the staged blob's own form where that was a copy made of a layer seen before. */
  readonly original?: BlobForm;
}

export interface PutImage {
  readonly id: string;
  readonly layer?: string;
  readonly created: string;
  readonly digest?: Digest;
  readonly metadata: string;
  readonly items: readonly { readonly key: string; readonly data: Uint8Array; readonly digest?: Digest }[];
  /** Added to the image's names, taken away from any other image. */
  readonly addNames: readonly string[];
}

export interface CreateContainer {
  /** Default: random. */
  readonly id?: string;
  readonly names: readonly string[];
  /** Image id, or undefined for an empty root file system. */
  readonly image?: string;
  readonly metadata?: string;
  /** podman --rm: record and layer go into the volatile files, without a sync. */
  readonly volatile?: boolean;
  /** `Volatile` flag but kept in the stable files: buildah's working containers, seen by every generation of tools. */
  readonly volatileFlag?: boolean;
  readonly uidMap?: readonly IdMapping[];
  readonly gidMap?: readonly IdMapping[];
  readonly mountLabel?: string;
  readonly processLabel?: string;
  readonly mountOptions?: readonly string[];
}

export interface MountOptions {
  readonly readOnly?: boolean;
  /** Options of the file system instead of the configured ones. */
  readonly options?: readonly string[];
}

export interface DiffTarOptions {
  /** Seconds since 1970 that every entry gets, for archives that don't depend on when they were made. */
  readonly timestamp?: number;
}

export interface Change {
  readonly kind: 'modified' | 'added' | 'deleted';
  /** Absolute path inside the container. */
  readonly path: string;
}

/**
 * One store. Every call re-reads what other processes changed; nothing is cached beyond a change token. Names,
 * ids and unique id prefixes are accepted wherever a layer, image or container is asked for; not found is a
 * StorageError with code `LAYER_UNKNOWN`, `IMAGE_UNKNOWN` or `CONTAINER_UNKNOWN`.
 */
export interface Store extends AsyncDisposable {
  readonly graphRoot: string;
  readonly runRoot: string;
  readonly driverName: string;
  readonly options: Readonly<Record<string, string>>;

  layers(): Promise<Layer[]>;
  layer(id: string): Promise<Layer>;
  /** Extracts a layer beside the store; no lock is held. */
  stageLayer(blob: BlobSource, options?: StageOptions): Promise<StagedLayer>;
  /**
   * Puts staged layers into the store, parents first, in one step: records `incomplete`, directories renamed, flags
   * cleared. A layer that somebody else put meanwhile is taken as it is.
   */
  putLayers(layers: readonly PutLayer[]): Promise<void>;
  /** The layer's uncompressed tar: byte for byte the one it came from where a tar-split is kept, else a fresh one. */
  layerTar(id: string, signal?: AbortSignal): AsyncIterable<Uint8Array>;
  deleteLayer(id: string): Promise<void>;

  images(): Promise<Image[]>;
  image(idOrName: string): Promise<Image>;
  imageItem(id: string, key: string): Promise<Buffer>;
  /** Creates the image or, where the id is there with the same layer, completes it. */
  putImage(image: PutImage): Promise<Image>;
  setImageNames(id: string, names: readonly string[]): Promise<void>;
  /** Removes the image and every layer that nothing else uses. Refused while containers use it. Returns layer ids. */
  deleteImage(id: string): Promise<string[]>;

  containers(): Promise<Container[]>;
  container(idOrName: string): Promise<Container>;
  createContainer(options: CreateContainer): Promise<Container>;
  setContainerNames(id: string, names: readonly string[]): Promise<void>;
  setContainerMetadata(id: string, metadata: string): Promise<void>;
  deleteContainer(id: string): Promise<void>;
  /** `<graphroot>/D-containers/<id>/userdata`, made when missing. */
  containerDirectory(id: string): Promise<string>;
  /** `<runroot>/D-containers/<id>/userdata`, made when missing. */
  containerRunDirectory(id: string): Promise<string>;

  /** Mounts a container's (or layer's) root file system and counts it. Returns the path. */
  mount(id: string, options?: MountOptions): Promise<string>;
  /** Whether it is still mounted for others afterwards. */
  unmount(id: string, options?: { readonly force?: boolean }): Promise<boolean>;
  /** Layer id → path of everything counted as mounted. */
  mounted(): Promise<Map<string, string>>;
  /** Tar of what a container changed against its image, whiteouts included. */
  diffTar(containerId: string, signal?: AbortSignal, options?: DiffTarOptions): AsyncIterable<Uint8Array>;
  changes(containerId: string): Promise<Change[]>;
  /** Bytes of the container's own files. */
  containerSize(containerId: string): Promise<number>;
}
