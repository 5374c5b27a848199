/**
 * Blobs as they flow between image sources, workers and stores.
 *
 * A {@link BlobRecipe} is plain data that can be posted to a worker thread, which opens the blob itself: bytes
 * never cross threads.
 */
import type { Digest } from './digest.ts';

/** Bytes of a local file, from `offset` (default 0) for `length` bytes (default: to the end). */
export interface FileRecipe {
  readonly kind: 'file';
  readonly path: string;
  readonly offset?: number;
  readonly length?: number;
}

/** What a TLS connection needs beyond the system's authorities; PEM texts. */
export interface TlsOptions {
  readonly ca?: readonly string[];
  readonly cert?: string;
  readonly key?: string;
  /** Don't verify the server's certificate: only where the configuration marks the registry insecure. */
  readonly insecure?: boolean;
}

/** Bytes behind an HTTP GET, resumable by range. Redirects are followed; `headers` go to the first origin only. */
export interface HttpRecipe {
  readonly kind: 'http';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly tls?: TlsOptions;
  /** Length in bytes where known; a shorter or longer body is an error. */
  readonly size?: number;
  /** How often a broken transfer is resumed, each time after a longer pause. Default 3. */
  readonly retries?: number;
}

export type BlobRecipe = FileRecipe | HttpRecipe;

/** One blob to read. Either `recipe` or `stream` suffices; `stream` always works. */
export interface BlobSource {
  /** Length in bytes of the blob as stored, where known. */
  readonly size?: number;
  readonly recipe?: BlobRecipe;
  stream(signal?: AbortSignal): AsyncIterable<Uint8Array>;
}

/** A reference to content (OCI image-spec, descriptor.md). */
export interface Descriptor {
  readonly mediaType: string;
  readonly digest: Digest;
  /** In bytes. */
  readonly size: number;
  readonly urls?: readonly string[];
  readonly annotations?: Readonly<Record<string, string>>;
  readonly platform?: Platform;
  readonly data?: string;
  readonly artifactType?: string;
}

/** Where an image runs (OCI image-spec, image-index.md); names are Go's GOOS and GOARCH. */
export interface Platform {
  readonly architecture: string;
  readonly os: string;
  readonly variant?: string;
  readonly 'os.version'?: string;
  readonly 'os.features'?: readonly string[];
}
