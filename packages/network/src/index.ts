/** Networks of containers: CNI. */
export { type BackendOptions, openNetworkBackend } from './backend.ts';
export { CniBackend, type CniOptions } from './cni/backend.ts';
export { CNI_CONFIG_DIRECTORY, type LoadedNetworks, loadNetworks, networkVersion, parseNetwork } from './cni/config.ts';
export { NetworkError, type NetworkErrorCode } from './errors.ts';
export type {
  Attachment,
  InterfaceStatus,
  NetworkBackend,
  NetworkRequest,
  NetworkStatus,
  PortMapping,
} from './types.ts';
