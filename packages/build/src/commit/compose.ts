/** Configuration and manifest of a commit, once the new layer's digest is known. */
import { type MadeLayer, madeImageReference } from '@lighter/image/made-image';
import type { ImageReference } from '@lighter/image/types';
import { sortedKeys } from '@lighter/spec/go-json';
import { isDockerType } from '@lighter/spec/manifest';
import { mediaTypes } from '@lighter/spec/media-types';
import { editMap, without } from '../config/edit-maps.ts';
import { buildahLevel } from '../level.ts';
import type { BuilderState } from '../state/builder-state.ts';
import type { CommitOptions } from './commit-options.ts';
import { committedConfig, createdTime } from './committed-config.ts';

export interface Composed {
  readonly created: string;
  readonly config: string;
  readonly reference: ImageReference;
}

/** `layers` are the whole image's, bottom first. */
export function compose(
  state: BuilderState,
  layers: readonly MadeLayer[],
  options: CommitOptions,
  now: Date,
): Composed {
  const { timestamp, squash = false, omitHistory = false, identityLabel = true } = options;
  const format = options.format ?? (isDockerType(state.Format) ? 'docker' : 'oci');
  const times = { now, ...(timestamp === undefined ? {} : { timestamp }) };
  const config = committedConfig(forThisImage(state, options.unsetEnv ?? []), {
    format,
    diffIds: layers.map(({ diffId }) => diffId),
    squash,
    omitHistory,
    ...times,
    ...(identityLabel ? { identity: buildahLevel } : {}),
  });
  const created = createdTime(times);
  const annotations = editMap(without(state.annotations, options.unsetAnnotations ?? []), options.annotations ?? []);
  if (options.createdAnnotation ?? true) annotations['org.opencontainers.image.created'] = created;
  const reference = madeImageReference({
    manifestType: format === 'docker' ? mediaTypes.dockerManifest : mediaTypes.ociManifest,
    config,
    layers,
    annotations: sortedKeys(annotations),
  });
  return { created, config, reference };
}

function forThisImage(state: BuilderState, unsetEnv: readonly string[]): BuilderState {
  if (unsetEnv.length === 0) return state;
  const copy = structuredClone(state);
  const kept = (env: string[] | null | undefined) =>
    (env ?? []).filter((entry) => !unsetEnv.includes(entry.split('=')[0] ?? ''));
  copy.ociv1.config = { ...copy.ociv1.config, Env: kept(copy.ociv1.config?.Env) };
  copy.docker.container_config.Env = kept(copy.docker.container_config.Env);
  return copy;
}
