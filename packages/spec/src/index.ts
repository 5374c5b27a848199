export type { BlobRecipe, BlobSource, Descriptor, FileRecipe, HttpRecipe, Platform, TlsOptions } from './blob.ts';
export * from './digest.ts';
export { goJson, goTime, sortedKeys } from './go-json.ts';
export * from './manifest.ts';
export { mediaTypes } from './media-types.ts';
export type * from './oci-image.ts';
export * from './platform.ts';
export * from './reference.ts';
