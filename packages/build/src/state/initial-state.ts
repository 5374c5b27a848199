/** The state of a new working container. */
import { existsSync } from 'node:fs';
import { goTime, sortedKeys } from '@lighter/spec/go-json';
import { isDockerType } from '@lighter/spec/manifest';
import { mediaTypes } from '@lighter/spec/media-types';
import type { ImageManifest } from '@lighter/spec/oci-image';
import { hostPlatform } from '@lighter/spec/platform';
import { hasDomain } from '@lighter/spec/reference';
import { BuildError } from '../errors.ts';
import { type BuilderState, type OciImage, STATE_TYPE } from './builder-state.ts';
import { toDocker, toOci } from './convert.ts';
import type { DockerImage } from './docker-image.ts';

/** What is taken over from the image that a container starts from. */
export interface BaseImage {
  readonly id: string;
  /** Stored name, '' when the image has none. */
  readonly name: string;
  readonly manifestDigest: string;
  readonly manifestType: string;
  readonly manifest: Uint8Array;
  readonly config: Uint8Array;
  readonly topLayer: string;
}

export interface InitialState {
  readonly containerId: string;
  readonly containerName: string;
  /** Absent: from scratch. */
  readonly base?: BaseImage;
  readonly format: 'oci' | 'docker';
  readonly rootless: boolean;
  readonly now: Date;
}

/** containers.conf's default list, which Go's buildah stores in full. */
const defaultCapabilities = [
  'CAP_CHOWN',
  'CAP_DAC_OVERRIDE',
  'CAP_FOWNER',
  'CAP_FSETID',
  'CAP_KILL',
  'CAP_NET_BIND_SERVICE',
  'CAP_SETFCAP',
  'CAP_SETGID',
  'CAP_SETPCAP',
  'CAP_SETUID',
  'CAP_SYS_CHROOT',
];

export function initialState({ containerId, containerName, base, format, rootless, now }: InitialState): BuilderState {
  const { ociv1, docker, annotations } = base ? fromBase(base) : fromScratch(now);
  return {
    Args: {},
    type: STATE_TYPE,
    ...(base?.name ? { image: base.name } : {}),
    'image-id': base?.id ?? '',
    'image-digest': base?.manifestDigest ?? '',
    ...(base ? { config: base64(base.config), manifest: base64(base.manifest) } : {}),
    'container-name': containerName,
    'container-id': containerId,
    annotations: sortedKeys({ ...annotations, ...baseAnnotations(base) }),
    ociv1,
    docker,
    Isolation: rootless ? 3 : 1,
    NamespaceOptions: ['cgroup', 'ipc', 'mount', 'network', 'pid', 'user', 'uts'].map((Name) => ({
      Name,
      Host: Name === 'cgroup' || Name === 'user',
      Path: '',
    })),
    ConfigureNetwork: 0,
    CNIPluginPath: '',
    CNIConfigDir: '',
    IDMappingOptions: {
      HostUIDMapping: true,
      HostGIDMapping: true,
      UIDMap: [],
      GIDMap: [],
      AutoUserNs: false,
      AutoUserNsOpts: {
        Size: 0,
        InitialSize: 0,
        PasswdFile: '',
        GroupFile: '',
        AdditionalUIDMappings: null,
        AdditionalGIDMappings: null,
      },
    },
    Capabilities: defaultCapabilities,
    PrependedEmptyLayers: null,
    AppendedEmptyLayers: null,
    CommonBuildOpts: commonBuildOptions(),
    TopLayer: base?.topLayer ?? '',
    Format: format === 'docker' ? mediaTypes.dockerManifest : mediaTypes.ociManifest,
    TempVolumes: {},
    ContentDigester: {},
    Devices: [],
  };
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64');
}

function fromScratch(now: Date): {
  ociv1: OciImage;
  docker: BuilderState['docker'];
  annotations: Record<string, string>;
} {
  const created = goTime(now);
  const { os, architecture } = hostPlatform();
  const image = { created, architecture, os, config: { WorkingDir: '/' } };
  return { ociv1: { ...toOci(image as DockerImage) }, docker: toDocker(image as DockerImage), annotations: {} };
}

function fromBase(base: BaseImage): {
  ociv1: OciImage;
  docker: BuilderState['docker'];
  annotations: Record<string, string>;
} {
  const config = parse<DockerImage>(base.config, `configuration of image ${base.id}`);
  const manifest = parse<ImageManifest>(base.manifest, `manifest of image ${base.id}`);
  // Annotations are OCI's; other manifests have none that count.
  const annotations = isDockerType(base.manifestType) ? {} : { ...manifest.annotations };
  return { ociv1: toOci(config), docker: toDocker(config), annotations };
}

function parse<T>(bytes: Uint8Array, what: string): T {
  try {
    return JSON.parse(Buffer.from(bytes).toString()) as T;
  } catch (error) {
    throw new BuildError('STATE_INVALID', `${what}: ${(error as Error).message}`, { cause: error });
  }
}

/** OCI image-spec annotations.md: where the image comes from. */
function baseAnnotations(base: BaseImage | undefined): Record<string, string> {
  return {
    'org.opencontainers.image.base.digest': base?.manifestDigest ?? '',
    ...(!base || hasDomain(base.name) ? { 'org.opencontainers.image.base.name': base?.name ?? '' } : {}),
  };
}

/** Options of later `run`s; Go's buildah needs the object to be there. */
function commonBuildOptions(): Record<string, unknown> {
  const seccomp = ['/etc/containers/seccomp.json', '/usr/share/containers/seccomp.json'].find((path) =>
    existsSync(path),
  );
  return {
    AddHost: [],
    OmitHistory: false,
    CgroupParent: '',
    CPUPeriod: 0,
    CPUQuota: 0,
    CPUShares: 0,
    CPUSetCPUs: '',
    CPUSetMems: '',
    HTTPProxy: true,
    IdentityLabel: 0,
    Memory: 0,
    DNSSearch: [],
    DNSServers: [],
    DNSOptions: [],
    LabelOpts: null,
    MemorySwap: 0,
    NoHosts: false,
    OmitTimestamp: false,
    SeccompProfilePath: seccomp ?? '',
    ApparmorProfile: '',
    ShmSize: '65536k',
    Ulimit: [],
    Volumes: [],
    Secrets: [],
    SSHSources: [],
    OCIHooksDir: [],
  };
}
