/** What building an image can fail with. */
export type BuildErrorCode =
  /** The container has no state file, or one of another kind. */
  | 'NOT_A_BUILDER'
  | 'CONTAINER_UNKNOWN'
  | 'IMAGE_UNKNOWN'
  /** A value that makes no sense. */
  | 'INVALID'
  /** A file inside the store that can't be read as what it has to be. */
  | 'STATE_INVALID'
  /** Something that isn't built yet. */
  | 'UNSUPPORTED'
  | 'COPY_FAILED'
  /** An ordinary user outside of `buildah unshare`. */
  | 'NEEDS_USER_NAMESPACE';

export class BuildError extends Error {
  override readonly name = 'BuildError';
  readonly code: BuildErrorCode;

  constructor(code: BuildErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
