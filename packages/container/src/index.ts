/** Everything about one container, without a database around it: create, start, attach, logs, stop, clean up. */
export { endAbandonedContainer } from './abandoned.ts';
export { DetachFilter, parseDetachKeys } from './attach/detach-keys.ts';
export { type PumpOptions, pumpAttach } from './attach/pump.ts';
export { type BundleInput, writeBundle } from './bundle.ts';
export { cleanUpContainer, removeConmonFiles } from './cleanup.ts';
export {
  type ContainerConfig,
  type ContainerNetwork,
  type ContainerPaths,
  type DnsConfig,
  type HostsConfig,
  netnsPath,
} from './config.ts';
export { type CreateOptions, containerMonitor, createRequest } from './create.ts';
export { ContainerError, type ContainerErrorCode } from './errors.ts';
export { type LogLine, parseLogLine } from './logs/line.ts';
export { type LogOptions, readLog } from './logs/read.ts';
export { setUpNetwork, tearDownNetwork } from './network.ts';
export { type NewConfig, newContainerConfig } from './new-config.ts';
export type { ContainerOptions, NewContainer } from './options.ts';
export type { ResourceOptions } from './resources.ts';
export { parseSize } from './sizes.ts';
export { type StopOptions, stopContainer } from './stop.ts';
