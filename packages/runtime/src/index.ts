/** OCI runtime-spec generation, and running containers with conmon and an OCI runtime. */
export { type CgroupMounts, parseCgroupMounts, readCgroupMounts } from './cgroups.ts';
export { ConmonMonitor, type ConmonOptions } from './conmon/monitor.ts';
export { RuntimeError, type RuntimeErrorCode } from './errors.ts';
export { type HostFactOptions, readHostFacts } from './host.ts';
export type { OciRuntime } from './oci/command.ts';
export { findConmon, findRuntime, type RuntimeChoice } from './programs.ts';
export { completeSpec, type Moment } from './spec/complete.ts';
export { type DeviceRequest, parseDeviceRule, resolveDevice } from './spec/device-request.ts';
export { type Generated, generateSpec } from './spec/generate.ts';
export { parseUlimit } from './spec/limits.ts';
export { completeMount } from './spec/mount-options.ts';
export { type MountRequest, parseMount, parseTmpfs, parseVolume } from './spec/mount-request.ts';
export type {
  HostFacts,
  NamespaceMode,
  Namespaces,
  SecurityOptions,
  SpecRequest,
  Ulimit,
  UserMount,
} from './spec/request.ts';
export { parseSecurityOptions } from './spec/security-options.ts';
export { serializeSpec } from './spec/serialize.ts';
export { type ContainerUser, lookUpUser } from './spec/user.ts';
export { validateSpec } from './spec/validate.ts';
export type {
  AttachStream,
  ContainerIo,
  CreateRequest,
  Exit,
  Monitor,
  PendingContainer,
} from './types.ts';
