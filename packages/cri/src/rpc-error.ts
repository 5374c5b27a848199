/** An error that a handler answers with a certain gRPC status. */
export class RpcError extends Error {
  override readonly name = 'RpcError';
  /** Number of `grpc.status`. */
  readonly code: number;

  constructor(code: number, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
