export * from './constants.ts';
export { rootlessUid } from './launched.ts';
export { linux } from './native.ts';
export { signalName, signalNumber } from './signals.ts';
export type { Exit, FileStatus, Linux, OverlayMount, SpawnOptions, SystemError } from './syscalls.ts';
