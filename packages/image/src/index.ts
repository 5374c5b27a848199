export { type CopyOptions, copyImage } from './copy/copy-image.ts';
export { ImageError, type ImageErrorCode } from './errors.ts';
export { findLocalImage } from './local-images.ts';
export { type MadeImage, type MadeLayer, madeImageReference } from './made-image.ts';
export { hasTransport, parseImageName } from './parse.ts';
export { assertAccepted } from './policy.ts';
export { ensureImage, type PullOptions, type PullPolicy, pullImage } from './pull.ts';
export { pullCandidates, shortNameCandidates } from './short-names.ts';
export type * from './types.ts';
