/** What can go wrong between us, conmon and the OCI runtime. */

export type RuntimeErrorCode =
  /** No usable conmon or runtime on this host. */
  | 'PROGRAM_MISSING'
  /** The runtime may not do what it was asked for; podman's exit code 126. */
  | 'PERMISSION_DENIED'
  /** The container's command isn't there; podman's exit code 127. */
  | 'COMMAND_NOT_FOUND'
  /** Any other failure of the runtime. */
  | 'RUNTIME_FAILED'
  /** The container isn't there (any more), or has no process. */
  | 'CONTAINER_UNKNOWN'
  /** conmon gave no answer in time. */
  | 'TIMEOUT'
  /** conmon ended without writing an exit file. */
  | 'MONITOR_DIED'
  /** A request or a configuration that can't be honoured. */
  | 'INVALID';

/** A failure in this package. `message` is fit for people; `exitCode` is what `podman run` ends with. */
export class RuntimeError extends Error {
  override readonly name = 'RuntimeError';
  readonly code: RuntimeErrorCode;

  constructor(code: RuntimeErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }

  get exitCode(): number {
    if (this.code === 'COMMAND_NOT_FOUND') return 127;
    return this.code === 'PERMISSION_DENIED' || this.code === 'RUNTIME_FAILED' ? 126 : 125;
  }
}
