/** Docker's image configuration (Docker image specification 1.2), with the keys Go's tools write. */
import type { HistoryEntry, ImageConfig, ImageConfigParameters } from '@lighter/spec/oci-image';

export interface Healthcheck {
  Test?: string[];
  /** Durations in nanoseconds. */
  Interval?: number;
  Timeout?: number;
  StartPeriod?: number;
  StartInterval?: number;
  Retries?: number;
}

export interface DockerConfig extends Omit<ImageConfigParameters, 'Env' | 'Healthcheck'> {
  Hostname?: string;
  Domainname?: string;
  AttachStdin?: boolean;
  AttachStdout?: boolean;
  AttachStderr?: boolean;
  Tty?: boolean;
  OpenStdin?: boolean;
  StdinOnce?: boolean;
  Env?: string[] | null;
  Healthcheck?: Healthcheck;
  Image?: string;
}

export interface DockerImage {
  id?: string;
  parent?: string;
  comment?: string;
  created?: string;
  container?: string;
  container_config?: DockerConfig;
  docker_version?: string;
  author?: string;
  config?: DockerConfig;
  architecture?: string;
  variant?: string;
  os?: string;
  rootfs?: ImageConfig['rootfs'];
  history?: HistoryEntry[];
  'os.version'?: string;
  'os.features'?: string[];
}
