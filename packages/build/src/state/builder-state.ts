/**
 * `userdata/buildah.json`: the state of a working container, shared with Go's buildah (its `Builder` struct). Key names are
 * Go's field names where the struct has no tag. Keys that aren't listed belong to other versions and stay as they are.
 */
import type { HistoryEntry, ImageConfig } from '@lighter/spec/oci-image';
import type { DockerConfig, DockerImage } from './docker-image.ts';

export const STATE_TYPE = 'buildah 0.0.1';

/** An OCI image configuration whose parts a container from scratch doesn't have yet. */
export interface OciImage extends Omit<ImageConfig, 'rootfs'> {
  rootfs: { type: string; diff_ids: ImageConfig['rootfs']['diff_ids'] | null };
}

export interface IdMapEntry {
  container_id: number;
  host_id: number;
  size: number;
}

export interface BuilderState {
  Args: Record<string, string> | null;
  type: typeof STATE_TYPE;
  /** Name of the base image as stored; absent from scratch. */
  image?: string;
  'image-id': string;
  /** Digest of the base image's manifest. */
  'image-digest': string;
  /** The base image's configuration and manifest, base64. */
  config?: string;
  manifest?: string;
  'container-name': string;
  'container-id': string;
  /** Absent while unmounted. */
  mountpoint?: string;
  'process-label'?: string;
  'mount-label'?: string;
  /** Annotations of the manifest to be committed. */
  annotations?: Record<string, string> | null;
  'created-by'?: string;
  'history-comment'?: string;
  ociv1: OciImage;
  docker: DockerImage & { container_config: DockerConfig; config: DockerConfig };
  /** 0 default, 1 oci, 2 chroot, 3 rootless. */
  Isolation: number;
  NamespaceOptions: { Name: string; Host: boolean; Path: string }[] | null;
  IDMappingOptions?: {
    HostUIDMapping: boolean;
    HostGIDMapping: boolean;
    UIDMap: IdMapEntry[] | null;
    GIDMap: IdMapEntry[] | null;
    [key: string]: unknown;
  };
  /** History entries around the next commit's own. */
  PrependedEmptyLayers: HistoryEntry[] | null;
  AppendedEmptyLayers: HistoryEntry[] | null;
  CommonBuildOpts: Record<string, unknown> | null;
  TopLayer: string;
  /** Media type of the manifest to be committed. */
  Format: string;
  [key: string]: unknown;
}
