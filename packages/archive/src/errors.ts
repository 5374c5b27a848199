/** What reading and writing archives can fail with. */
export type ArchiveErrorCode =
  | 'TAR_INVALID'
  | 'TAR_UNSUPPORTED'
  | 'TAR_SPLIT_INVALID'
  | 'COMPRESSION_INVALID'
  | 'COMPRESSION_UNSUPPORTED'
  | 'LIMIT_EXCEEDED'
  | 'DIGEST_MISMATCH'
  | 'INTEGRITY'
  | 'BLOB_TRUNCATED'
  | 'BLOB_STATUS'
  | 'BLOB_UNREACHABLE'
  | 'EXTRACT_FAILED'
  | 'PATH_INVALID';

export class ArchiveError extends Error {
  override readonly name = 'ArchiveError';
  readonly code: ArchiveErrorCode;
  /** HTTP status, for BLOB_STATUS. */
  readonly status?: number;
  /** Milliseconds after which the server wants to be asked again. */
  readonly retryAfter?: number;

  constructor(
    code: ArchiveErrorCode,
    message: string,
    options: ErrorOptions & { readonly status?: number; readonly retryAfter?: number | undefined } = {},
  ) {
    super(message, options);
    this.code = code;
    if (options.status !== undefined) this.status = options.status;
    if (options.retryAfter !== undefined) this.retryAfter = options.retryAfter;
  }
}
