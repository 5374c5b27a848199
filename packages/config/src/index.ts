/** The configuration files that the container tools share, read as those who wrote them mean them. */
export { type AuthOptions, authFiles, type Credentials, findCredentials } from './auth.ts';
export { type CertificateOptions, certificatesFor } from './certs.ts';
export {
  applyEngineEnvironment,
  type ContainersConf,
  type ContainersFileOptions,
  type ContainersSettings,
  defaultContainersConf,
  readContainersConf,
} from './containers.ts';
export { type CrioConfiguration, CrioConfigurationError, type CrioFiles, readCrioConfiguration } from './crio.ts';
export { ConfigError } from './errors.ts';
export { type Policy, type PolicyOptions, type PolicyRequirement, parsePolicy, readPolicy } from './policy.ts';
export {
  type Endpoint,
  findRegistry,
  type Mirror,
  pullEndpoints,
  type RegistriesConfiguration,
  type RegistriesEnvironment,
  type Registry,
  readRegistries,
} from './registries.ts';
export {
  readStorageConfiguration,
  runtimeDirectory,
  type StorageConfiguration,
  type StorageEnvironment,
  type StorageFlags,
} from './storage.ts';
