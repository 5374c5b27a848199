export { StorageError, type StorageErrorCode } from './errors.ts';
export { isId, layerId, randomId } from './ids.ts';
export { openStore, type StoreOptions } from './open.ts';
export type * from './store-types.ts';
