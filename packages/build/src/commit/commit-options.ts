/** What `buildah commit` can be asked for. */
import type { CopyEvent, ImageContext, ImageReference } from '@lighter/image/types';

export interface CommitOptions {
  /** Where the image goes: a name in the store, a reference elsewhere, or absent for an image without a name. */
  readonly destination?:
    | { readonly name: string }
    | { readonly reference: ImageReference; readonly context: ImageContext };
  /** Default: what the container was made with. */
  readonly format?: 'oci' | 'docker';
  /** One layer with everything instead of one more on top of the base's. */
  readonly squash?: boolean;
  /** Seconds since 1970 for the image, its history and the files of the new layer. */
  readonly timestamp?: number;
  readonly omitHistory?: boolean;
  /** Default true: a label that tells which builder made the image. */
  readonly identityLabel?: boolean;
  /** Default true: an OCI annotation with the time of creation. */
  readonly createdAnnotation?: boolean;
  /** `K=V`, `K`, `K-` and `-`, for this image only. */
  readonly annotations?: readonly string[];
  readonly unsetAnnotations?: readonly string[];
  /** Names of environment variables that this image doesn't get. */
  readonly unsetEnv?: readonly string[];
  readonly onEvent?: (event: CopyEvent) => void;
  readonly signal?: AbortSignal;
}

export interface Committed {
  /** 64 hex digits: the digest of the configuration. */
  readonly imageId: string;
  /** `sha256:…` */
  readonly manifestDigest: string;
}
