/** What the CRI server can fail with, beside the gRPC statuses of single calls. */
export type CriErrorCode = 'SOCKET_IN_USE' | 'SOCKET_INVALID' | 'LISTEN_FAILED';

export class CriError extends Error {
  override readonly name = 'CriError';
  readonly code: CriErrorCode;

  constructor(code: CriErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
