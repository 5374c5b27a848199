/** What the store can fail with. */
export type StorageErrorCode =
  | 'LAYER_UNKNOWN'
  | 'IMAGE_UNKNOWN'
  | 'CONTAINER_UNKNOWN'
  | 'NAME_IN_USE'
  | 'IN_USE'
  | 'LAYER_DAMAGED'
  | 'LAYER_MISMATCH'
  | 'ITEM_UNKNOWN'
  | 'RECORD_INVALID'
  | 'DRIVER_UNSUPPORTED'
  | 'MOUNT_FAILED'
  | 'ID_INVALID'
  | 'NO_SPACE';

export class StorageError extends Error {
  override readonly name = 'StorageError';
  readonly code: StorageErrorCode;

  constructor(code: StorageErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
