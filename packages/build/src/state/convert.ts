/** From a base image's configuration to the two configurations that a working container keeps side by side. */
import { sortedKeys } from '@lighter/spec/go-json';
import type { HistoryEntry, ImageConfigParameters } from '@lighter/spec/oci-image';
import type { OciImage } from './builder-state.ts';
import type { DockerConfig, DockerImage } from './docker-image.ts';

/** Go's zero value of the struct, with the empty lists that copying makes. */
export function emptyDockerConfig(): DockerConfig {
  return {
    Hostname: '',
    Domainname: '',
    User: '',
    AttachStdin: false,
    AttachStdout: false,
    AttachStderr: false,
    Tty: false,
    OpenStdin: false,
    StdinOnce: false,
    Env: null,
    Cmd: null,
    Image: '',
    Volumes: null,
    WorkingDir: '',
    Entrypoint: null,
    OnBuild: [],
    Labels: null,
  };
}

/** Configuration parameters that both formats have, in the order of OCI's, without empty ones. */
function commonParameters(config: ImageConfigParameters | DockerConfig | null | undefined): ImageConfigParameters {
  const result: ImageConfigParameters = {};
  if (!config) return result;
  if (config.User) result.User = config.User;
  if (hasKeys(config.ExposedPorts)) result.ExposedPorts = sortedKeys(config.ExposedPorts);
  if (config.Env?.length) result.Env = [...config.Env];
  if (config.Entrypoint?.length) result.Entrypoint = [...config.Entrypoint];
  if (config.Cmd?.length) result.Cmd = [...config.Cmd];
  if (hasKeys(config.Volumes)) result.Volumes = sortedKeys(config.Volumes);
  if (config.WorkingDir) result.WorkingDir = config.WorkingDir;
  if (hasKeys(config.Labels)) result.Labels = sortedKeys(config.Labels);
  if (config.StopSignal) result.StopSignal = config.StopSignal;
  return result;
}

function hasKeys<T extends object>(map: T | null | undefined): map is T {
  return map !== null && map !== undefined && Object.keys(map).length > 0;
}

/** An image's configuration, of either format, as OCI's. */
export function toOci(image: OciImage | DockerImage): OciImage {
  return {
    ...(image.created ? { created: image.created } : {}),
    ...(image.author ? { author: image.author } : {}),
    architecture: image.architecture ?? '',
    os: image.os ?? '',
    ...(image['os.version'] ? { 'os.version': image['os.version'] } : {}),
    ...(image['os.features']?.length ? { 'os.features': image['os.features'] } : {}),
    ...(image.variant ? { variant: image.variant } : {}),
    config: commonParameters(image.config),
    rootfs: image.rootfs ?? { type: '', diff_ids: null },
    ...(image.history ? { history: image.history.map(ociEntry) } : {}),
  };
}

/** An image's configuration, of either format, as Docker's. What only Docker has is kept if `image` is Docker's. */
export function toDocker(
  image: OciImage | DockerImage,
): DockerImage & { config: DockerConfig; container_config: DockerConfig } {
  const { Healthcheck, Shell, OnBuild, Hostname, Domainname } = (image.config ?? {}) as DockerConfig;
  const { comment } = image as DockerImage;
  const config: DockerConfig = {
    ...emptyDockerConfig(),
    ...commonParameters(image.config),
    ...(Hostname ? { Hostname } : {}),
    ...(Domainname ? { Domainname } : {}),
    ...(Healthcheck ? { Healthcheck } : {}),
    ...(OnBuild?.length ? { OnBuild: [...OnBuild] } : {}),
    ...(Shell?.length ? { Shell: [...Shell] } : {}),
  };
  return {
    ...(comment ? { comment } : {}),
    ...(image.created ? { created: image.created } : {}),
    container_config: config,
    ...(image.author ? { author: image.author } : {}),
    config,
    architecture: image.architecture ?? '',
    ...(image.variant ? { variant: image.variant } : {}),
    os: image.os ?? '',
    ...(image.rootfs ? { rootfs: image.rootfs as NonNullable<DockerImage['rootfs']> } : {}),
    ...(image.history ? { history: image.history.map(dockerEntry) } : {}),
    ...(image['os.version'] ? { 'os.version': image['os.version'] } : {}),
    ...(image['os.features']?.length ? { 'os.features': image['os.features'] } : {}),
  };
}

/** A history entry in OCI's order of keys, without empty ones. */
export function ociEntry(entry: HistoryEntry): HistoryEntry {
  return {
    ...(entry.created ? { created: entry.created } : {}),
    ...(entry.created_by ? { created_by: entry.created_by } : {}),
    ...rest(entry, ['author', 'comment', 'empty_layer']),
  };
}

/** The same in Docker's order. */
export function dockerEntry(entry: HistoryEntry): HistoryEntry {
  return {
    ...(entry.created ? { created: entry.created } : {}),
    ...rest(entry, ['author', 'created_by', 'comment', 'empty_layer']),
  };
}

function rest(entry: HistoryEntry, keys: readonly (keyof HistoryEntry)[]): HistoryEntry {
  return Object.fromEntries(keys.filter((key) => entry[key]).map((key) => [key, entry[key]]));
}
