/** What moving images can fail with. */
export type ImageErrorCode =
  | 'REFERENCE_INVALID'
  | 'TRANSPORT_UNKNOWN'
  | 'UNSUPPORTED'
  | 'IMAGE_NOT_FOUND'
  | 'UNAUTHORIZED'
  | 'REGISTRY_UNREACHABLE'
  | 'REGISTRY_ERROR'
  | 'BLOCKED'
  | 'DIGEST_MISMATCH'
  | 'MANIFEST_INVALID'
  | 'MANIFEST_REJECTED'
  | 'POLICY_REJECTED'
  | 'LAYOUT_INVALID'
  | 'LIMIT_EXCEEDED'
  | 'COMPRESSION_UNSUPPORTED'
  | 'COPY_FAILED';

export class ImageError extends Error {
  override readonly name = 'ImageError';
  readonly code: ImageErrorCode;
  /** HTTP status, where a registry answered. */
  readonly status?: number;

  constructor(
    code: ImageErrorCode,
    message: string,
    options: ErrorOptions & { readonly status?: number | undefined } = {},
  ) {
    super(message, options);
    this.code = code;
    if (options.status !== undefined) this.status = options.status;
  }
}
