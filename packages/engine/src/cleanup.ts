/** The end of a run: recorded, and everything of it freed. Only the container's owner does this. */
import { rmSync } from 'node:fs';
import { cleanUpContainer } from '@lighter/container/cleanup';
import type { Engine } from './engine.ts';
import { containerNetworks } from './networks/backend.ts';
import type { ContainerExit, ContainerRecord, ContainerState } from './record.ts';
import type { Container } from './state/containers.ts';
import { pruneExits } from './state/exits.ts';

export interface RunEnd {
  /** Default: what is known of it. */
  readonly exit?: ContainerExit;
  /** Whoever began the run was killed: conmon may still be on its way to a container that nobody will start. */
  readonly abandoned?: boolean;
}

/**
 * Frees what a run had and records how it ended. May be repeated, also by another process after a crash. A container that was
 * never started is as it was created.
 */
export async function endRun(engine: Engine, { record, state }: Container, how: RunEnd = {}): Promise<void> {
  await freeRun(engine, record, state, how.abandoned ?? false);
  const end = state.started > 0 ? (how.exit ?? state.exit ?? engine.containers.exitOf(record.id)) : undefined;
  engine.containers.setState(record.id, {
    status: end ? 'exited' : 'created',
    pid: 0,
    conmonPid: 0,
    started: end ? state.started : 0,
    ...(end ? { exit: end } : {}),
    clean: true,
  });
  if (end && !state.clean) await engine.containers.setExit(record, end);
}

async function freeRun(
  engine: Engine,
  record: ContainerRecord,
  state: ContainerState,
  abandoned: boolean,
): Promise<void> {
  const { config } = record;
  const paths = engine.containerPaths(record.id);
  const monitor = await engine.monitor(config);
  const network = await containerNetworks(engine, config);
  if (abandoned && state.status === 'initialized') {
    const { endAbandonedContainer } = await import('@lighter/container/abandoned');
    await endAbandonedContainer(config, monitor);
  }
  try {
    await cleanUpContainer(config, paths, {
      monitor,
      ...(network ? { network } : {}),
      ...(state.status === 'created' ? { neverCreated: true } : {}),
    });
  } finally {
    rmSync(engine.paths.execSessions(record.id), { recursive: true, force: true });
    if (record.preparations) await (await import('./volumes/prepare.ts')).undoMounts(engine, record);
    if (config.spec.linux?.uidMappings) (await import('./userns/rootfs.ts')).hideRootfs(paths);
    await unmountRoot(engine, record.id);
  }
}

/** A container that has gone from the store has no root file system any more. */
export async function unmountRoot(engine: Engine, id: string): Promise<void> {
  try {
    await engine.store.unmount(id, { force: true });
  } catch (error) {
    if (!['CONTAINER_UNKNOWN', 'LAYER_UNKNOWN'].includes((error as { code?: string }).code ?? '')) throw error;
  }
}

/** Removes everything of a container that has no run going on; volumes made for it only with `--rm` or when asked to. */
export async function removeContainer(
  engine: Engine,
  record: ContainerRecord,
  withVolumes: boolean = record.config.autoRemove,
): Promise<void> {
  await removeFromStore(engine, record.id);
  await engine.containers.remove(record);
  if (record.cidFile) rmSync(record.cidFile, { force: true });
  if (withVolumes && record.volumes?.some(({ anonymous }) => anonymous)) {
    await (await import('./volumes/remove.ts')).removeAnonymousVolumes(engine, record.volumes);
  }
  if (record.removeImage && record.image) await removeImage(engine, record.image.id);
  pruneExits(engine.paths);
}

/** One that is used elsewhere, or gone already, is no fault. */
async function removeImage(engine: Engine, id: string): Promise<void> {
  try {
    await engine.store.deleteImage(id);
  } catch (error) {
    if (!['IN_USE', 'IMAGE_UNKNOWN'].includes((error as { code?: string }).code ?? '')) throw error;
  }
}

export async function removeFromStore(engine: Engine, id: string): Promise<void> {
  try {
    await engine.store.deleteContainer(id);
  } catch (error) {
    if ((error as { code?: string }).code !== 'CONTAINER_UNKNOWN') throw error;
  }
}
