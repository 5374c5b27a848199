/**
 * The configuration of an image to be committed, byte for byte as Go's buildah writes it: key order, omitted and null
 * values count, since the image's id is the digest of these bytes.
 */
import type { Digest } from '@lighter/spec/digest';
import { goJson, goTime, sortedKeys } from '@lighter/spec/go-json';
import type { HistoryEntry } from '@lighter/spec/oci-image';
import type { BuilderState } from '../state/builder-state.ts';
import { dockerEntry, ociEntry, toOci } from '../state/convert.ts';
import type { DockerConfig } from '../state/docker-image.ts';

export interface CommittedConfig {
  readonly format: 'oci' | 'docker';
  readonly diffIds: readonly Digest[];
  readonly now: Date;
  /** Seconds since 1970 instead of the time of day, so that the same content gives the same bytes. */
  readonly timestamp?: number;
  readonly squash?: boolean;
  readonly omitHistory?: boolean;
  /** Value of the label that tells which builder made the image; absent: no label. */
  readonly identity?: string;
}

const IDENTITY_LABEL = 'io.buildah.version';

export function committedConfig(state: BuilderState, options: CommittedConfig): string {
  const created = createdTime(options);
  const history = committedHistory(state, created, options);
  const rootfs = { type: 'layers', diff_ids: [...options.diffIds] };
  const json = options.format === 'docker' ? docker(state, options) : oci(state, options);
  return goJson(json);

  function oci(state: BuilderState, { identity }: CommittedConfig): object {
    const config = { ...state.ociv1.config };
    if (identity !== undefined) config.Labels = { ...config.Labels, [IDENTITY_LABEL]: identity };
    const { rootfs: _, history: __, ...image } = toOci({ ...state.ociv1, created, config });
    return { ...image, rootfs, ...(history.length > 0 ? { history: history.map(ociEntry) } : {}) };
  }

  function docker(state: BuilderState, { identity, timestamp }: CommittedConfig): object {
    const { docker } = state;
    const config = dockerConfig(docker.container_config, identity, timestamp !== undefined);
    return {
      ...given('comment', docker.comment),
      created,
      ...(timestamp === undefined ? { container: state['container-id'] } : {}),
      container_config: config,
      ...given('author', docker.author),
      config,
      ...given('architecture', docker.architecture),
      ...given('variant', docker.variant),
      ...given('os', docker.os),
      rootfs,
      ...(history.length > 0 ? { history: history.map(dockerEntry) } : {}),
      ...given('os.version', docker['os.version']),
      ...(docker['os.features']?.length ? { 'os.features': docker['os.features'] } : {}),
    };
  }
}

export function createdTime({ timestamp, now }: Pick<CommittedConfig, 'timestamp' | 'now'>): string {
  return goTime(timestamp === undefined ? now : new Date(timestamp * 1000));
}

function given(key: string, value: string | undefined): Record<string, string> {
  return value ? { [key]: value } : {};
}

/** Keys in the order of Go's struct; only those with `omitempty` may be missing. */
function dockerConfig(config: DockerConfig, identity: string | undefined, reproducible: boolean): DockerConfig {
  const labels = identity === undefined ? config.Labels : { ...config.Labels, [IDENTITY_LABEL]: identity };
  return {
    // A random host name would make every image another one.
    Hostname: reproducible ? 'sandbox' : (config.Hostname ?? ''),
    Domainname: config.Domainname ?? '',
    User: config.User ?? '',
    AttachStdin: config.AttachStdin ?? false,
    AttachStdout: config.AttachStdout ?? false,
    AttachStderr: config.AttachStderr ?? false,
    ...(notEmpty(config.ExposedPorts) ? { ExposedPorts: sortedKeys(config.ExposedPorts) } : {}),
    Tty: config.Tty ?? false,
    OpenStdin: config.OpenStdin ?? false,
    StdinOnce: config.StdinOnce ?? false,
    Env: config.Env ?? null,
    Cmd: config.Cmd ?? null,
    ...(config.Healthcheck ? { Healthcheck: config.Healthcheck } : {}),
    ...(config.ArgsEscaped ? { ArgsEscaped: true } : {}),
    Image: config.Image ?? '',
    Volumes: config.Volumes ? sortedKeys(config.Volumes) : null,
    WorkingDir: config.WorkingDir ?? '',
    Entrypoint: config.Entrypoint ?? null,
    OnBuild: config.OnBuild ?? [],
    Labels: labels ? sortedKeys(labels) : null,
    ...(config.StopSignal ? { StopSignal: config.StopSignal } : {}),
    ...(config.Shell?.length ? { Shell: config.Shell } : {}),
  };
}

function notEmpty<T extends object>(map: T | null | undefined): map is T {
  return map !== null && map !== undefined && Object.keys(map).length > 0;
}

/** Base image's history, what is pending, and the entry of the new layer. */
function committedHistory(state: BuilderState, created: string, options: CommittedConfig): HistoryEntry[] {
  if (options.omitHistory) return [];
  const base = options.squash ? [] : (state.ociv1.history ?? []);
  // A history that doesn't tell of the base's layers would give every layer the wrong origin.
  const baseLayers = options.squash ? 0 : options.diffIds.length - 1;
  if (baseLayers > 0 && base.filter((entry) => !entry.empty_layer).length === 0) return [];
  const pending = (entries: HistoryEntry[] | null | undefined) =>
    (entries ?? []).map((entry) => ({
      ...entry,
      created: options.timestamp === undefined ? (entry.created ?? created) : created,
    }));
  const own: HistoryEntry = {
    created,
    created_by: state['created-by'] || state.docker.container_config.Shell?.join(' ') || '/bin/sh',
    ...(state.ociv1.author ? { author: state.ociv1.author } : {}),
    ...(state['history-comment'] ? { comment: state['history-comment'] } : {}),
  };
  const added = [...pending(state.PrependedEmptyLayers), own, ...pending(state.AppendedEmptyLayers)];
  const first = added[0] as HistoryEntry;
  if (state.image && state.image !== state['image-id']) {
    first.comment = [first.comment, `FROM ${state.image}`].filter(Boolean).join(' ');
  }
  return [...base, ...added];
}
