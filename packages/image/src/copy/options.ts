/** What a copy can be told. */
import type { Policy } from '@lighter/config/policy';
import type { CopyEvent, ImageContext } from '../types.ts';
import type { ManifestFormat } from './manifest-plan.ts';

export interface LayerCompressionWish {
  readonly format: 'gzip' | 'zstd';
  /** gzip 1 to 9, zstd 1 to 20; default: the format's usual one. */
  readonly level?: number;
  /** Also layers that the destination has in another form are compressed anew. */
  readonly force?: boolean;
}

/** Images of a list for some platforms, with any variant. */
export interface SomePlatforms {
  readonly platforms: readonly { readonly os: string; readonly architecture: string }[];
  /** Take the other images out of the list; else it names images that aren't there, which many registries refuse. */
  readonly strip: boolean;
}

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
  readonly format?: ManifestFormat;
  /** Copy every image of a list instead of the one for this platform. */
  readonly all?: boolean;
  /** What to copy of a list: the image for this platform (default), all images, the list without any, or some of them. */
  readonly multiArch?: 'system' | 'all' | 'index-only' | SomePlatforms;
  /** Fail rather than change a manifest. */
  readonly preserveDigests?: boolean;
  readonly removeSignatures?: boolean;
  /** Nothing is copied if the destination has the same manifest already. */
  readonly skipIfPresent?: boolean;
  readonly compression?: LayerCompressionWish;
  /** Layers are compressed into temporary files first, so that those which the destination has aren't sent. */
  readonly precomputeDigests?: boolean;
  /** Blobs at once. Default 6. */
  readonly parallel?: number;
}
