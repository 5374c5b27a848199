/** What can go wrong when a container is put together, besides what its parts say themselves. */

export type ContainerErrorCode =
  /** A request that contradicts itself, or a value that makes no sense. */
  | 'INVALID'
  /** A path inside the container isn't what it has to be: `--workdir` names no directory, passwd is a device. */
  | 'ROOTFS_UNUSABLE'
  /** The container didn't end when told to. */
  | 'STILL_RUNNING'
  /** Its log can't be read. */
  | 'LOG_UNREADABLE'
  /** One or more steps of the clean-up failed; `cause` is an AggregateError. */
  | 'CLEANUP_INCOMPLETE';

export class ContainerError extends Error {
  override readonly name = 'ContainerError';
  readonly code: ContainerErrorCode;

  constructor(code: ContainerErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
