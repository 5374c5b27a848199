/** What `buildah inspect` shows (buildah: BuilderInfo), with its key order. */
import type { Image, Store } from '@lighter/storage/store-types';
import { baseFromStore } from './base-image.ts';
import type { BuilderState } from './state/builder-state.ts';
import { initialState } from './state/initial-state.ts';

const isolations = ['', 'oci', 'chroot', 'rootless'];
const networks = ['NetworkDefault', 'NetworkDisabled', 'NetworkEnabled'];

export type BuilderInfo = Readonly<Record<string, unknown>>;

export function builderInfo(state: BuilderState): BuilderInfo {
  return {
    Type: state.type,
    FromImage: state.image ?? '',
    FromImageID: state['image-id'],
    FromImageDigest: state['image-digest'],
    GroupAdd: state['GroupAdd'] ?? null,
    Config: decoded(state.config),
    Manifest: decoded(state.manifest),
    Container: state['container-name'],
    ContainerID: state['container-id'],
    MountPoint: state.mountpoint ?? '',
    ProcessLabel: state['process-label'] ?? '',
    MountLabel: state['mount-label'] ?? '',
    ImageAnnotations: state.annotations ?? null,
    ImageCreatedBy: state['created-by'] ?? '',
    OCIv1: state.ociv1,
    Docker: { ...state.docker, config: state.docker.container_config },
    DefaultMountsFilePath: state['defaultMountsFilePath'] ?? '',
    Isolation: isolations[state.Isolation] ?? String(state.Isolation),
    NamespaceOptions: state.NamespaceOptions,
    Capabilities: state['Capabilities'] ?? null,
    ConfigureNetwork: networks[Number(state['ConfigureNetwork'] ?? 0)] ?? '',
    CNIPluginPath: state['CNIPluginPath'] ?? '',
    CNIConfigDir: state['CNIConfigDir'] ?? '',
    IDMappingOptions: state.IDMappingOptions ?? null,
    History: [
      ...(state.ociv1.history ?? []),
      ...(state.PrependedEmptyLayers ?? []),
      ...(state.AppendedEmptyLayers ?? []),
    ],
    Devices: state['Devices'] ?? null,
    DeviceSpecs: state['DeviceSpecs'] ?? [],
    CDIConfigDir: state['CDIConfigDir'] ?? '',
  };
}

function decoded(base64: string | undefined): string {
  return Buffer.from(base64 ?? '', 'base64').toString();
}

/** The same about an image: as if a container were made from it. */
export async function imageInfo(store: Store, image: Image, asked: string): Promise<BuilderInfo> {
  const base = await baseFromStore(store, image, asked);
  const state = initialState({
    containerId: '',
    containerName: '',
    base,
    format: 'oci',
    rootless: false,
    now: new Date(),
  });
  return builderInfo({
    ...state,
    Isolation: 0,
    NamespaceOptions: null,
    Capabilities: null,
    Devices: null,
  });
}
