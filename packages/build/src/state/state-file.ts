/** Reading and writing `buildah.json`, whole or not at all. */
import { readFileSync } from 'node:fs';
import { goJson } from '@lighter/spec/go-json';
import { hostPlatform } from '@lighter/spec/platform';
import { writeFileAtomically } from '@lighter/storage/atomic-file';
import { BuildError } from '../errors.ts';
import { type BuilderState, STATE_TYPE } from './builder-state.ts';
import { emptyDockerConfig } from './convert.ts';

export const STATE_FILE = 'buildah.json';

/** State of the container whose userdata folder is given; undefined when it has none, so isn't a builder's. */
export function readState(userdata: string): BuilderState | undefined {
  let text: string;
  try {
    text = readFileSync(`${userdata}/${STATE_FILE}`, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  return parseState(text, `${userdata}/${STATE_FILE}`);
}

/** Parses and completes a state as Go's buildah does on opening. Throws STATE_INVALID or NOT_A_BUILDER. */
export function parseState(text: string, where: string): BuilderState {
  let parsed: Partial<BuilderState> | null;
  try {
    parsed = JSON.parse(text);
  } catch (error) {
    throw new BuildError('STATE_INVALID', `${where}: ${(error as Error).message}`, { cause: error });
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed) || parsed.type !== STATE_TYPE) {
    throw new BuildError('NOT_A_BUILDER', `container is not a ${STATE_TYPE.split(' ')[0]} container: ${where}`);
  }
  const state = parsed as BuilderState;
  const host = hostPlatform();
  state.ociv1 = {
    ...state.ociv1,
    architecture: state.ociv1?.architecture || host.architecture,
    os: state.ociv1?.os || host.os,
  };
  state.ociv1.rootfs ??= { type: '', diff_ids: null };
  const docker = (state.docker ?? {}) as BuilderState['docker'];
  docker.container_config ??= emptyDockerConfig();
  docker.config = docker.container_config;
  docker.architecture ||= host.architecture;
  docker.os ||= host.os;
  delete docker.docker_version;
  state.docker = docker;
  return state;
}

/** Replaces the state; only the owner may read it. */
export function writeState(userdata: string, state: BuilderState): void {
  writeFileAtomically(`${userdata}/${STATE_FILE}`, serializeState(state), { sync: true });
}

/** Both configurations of Docker's format are the same object in memory and written twice. */
export function serializeState(state: BuilderState): string {
  return goJson({ ...state, docker: { ...state.docker, config: state.docker.container_config } });
}
