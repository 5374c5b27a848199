/** What podman's library can fail with. */
export type EngineErrorCode =
  | 'CONTAINER_UNKNOWN'
  | 'CONTAINER_AMBIGUOUS'
  | 'NAME_INVALID'
  | 'NAME_IN_USE'
  | 'PORT_IN_USE'
  | 'SECRET_UNKNOWN'
  | 'SECRET_EXISTS'
  | 'VOLUME_UNKNOWN'
  | 'VOLUME_EXISTS'
  | 'VOLUME_IN_USE'
  | 'STATE_IMPROPER'
  | 'STATE_DAMAGED'
  | 'UNSUPPORTED'
  | 'INVALID';

export class EngineError extends Error {
  override readonly name = 'EngineError';
  readonly code: EngineErrorCode;

  constructor(code: EngineErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
