/** The end of a run: recorded, and everything of it freed. Only the container's owner does this. */
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { cleanUpContainer } from '@lighter/container/cleanup';
import type { Engine } from './engine.ts';
import type { Ownership } from './owner.ts';
import type { ContainerExit, ContainerRecord, ContainerState } from './record.ts';
import type { Container } from './state/containers.ts';

/** Frees what a run had, records how it ended, and gives up the ownership. */
export async function finishRun(
  engine: Engine,
  { record, state }: Container,
  owner: Ownership,
  exit?: ContainerExit,
): Promise<void> {
  await freeRun(engine, record, state);
  const end = exit ?? state.exit ?? engine.containers.exitOf(record.id);
  const ended = end ?? state.exit;
  engine.containers.setState(record.id, {
    status: ended ? 'exited' : 'created',
    pid: 0,
    conmonPid: 0,
    started: state.started,
    ...(ended ? { exit: ended } : {}),
    clean: true,
  });
  if (end) await engine.containers.setExit(record, end);
  owner.finish();
}

async function freeRun(engine: Engine, record: ContainerRecord, state: ContainerState): Promise<void> {
  const { config } = record;
  const paths = engine.containerPaths(record.id);
  const monitor = await engine.monitor(config);
  const network = config.network.mode === 'bridge' ? await engine.networks() : undefined;
  // Killed in between: conmon may still be on its way to a container that nobody will start.
  if (state.status === 'initialized') await endConmon(record.id, () => monitor.delete(record.id, { force: true }));
  try {
    await cleanUpContainer(config, paths, { monitor, ...(network ? { network } : {}) });
  } finally {
    await unmountRoot(engine, record.id);
    rmSync(`${paths.bundle}/config.json`, { force: true });
  }
}

/** A container that has gone from the store has no root file system any more. */
async function unmountRoot(engine: Engine, id: string): Promise<void> {
  try {
    await engine.store.unmount(id, { force: true });
  } catch (error) {
    if (!['CONTAINER_UNKNOWN', 'LAYER_UNKNOWN', 'ID_INVALID'].includes((error as { code?: string }).code ?? ''))
      throw error;
  }
}

const PATIENCE = 10_000;
const STEP = 25;

/** Deletes the container again and again until its conmon has gone: one that was just being created isn't there at first. */
async function endConmon(id: string, remove: () => Promise<void>): Promise<void> {
  for (let waited = 0; hasConmon(id) && waited < PATIENCE; waited += STEP) {
    await remove().catch(() => {});
    await pause(STEP);
  }
}

/** By the command line, as its pid file may not be written yet. */
function hasConmon(id: string): boolean {
  return readdirSync('/proc').some((pid) => {
    if (!/^\d+$/.test(pid)) return false;
    try {
      const argv = readFileSync(`/proc/${pid}/cmdline`, 'latin1').split('\0');
      return argv[0]?.endsWith('conmon') && argv[argv.indexOf('-c') + 1] === id;
    } catch {
      return false; // ended meanwhile
    }
  });
}

/** Removes everything of a container that has no run going on. */
export async function removeContainer(engine: Engine, record: ContainerRecord): Promise<void> {
  try {
    await engine.store.deleteContainer(record.id);
  } catch (error) {
    if ((error as { code?: string }).code !== 'CONTAINER_UNKNOWN') throw error;
  }
  await engine.containers.remove(record);
  if (record.cidFile) rmSync(record.cidFile, { force: true });
}

/** What a creation left that didn't get as far as a record. */
export async function removeRemains(engine: Engine, id: string): Promise<void> {
  await unmountRoot(engine, id);
  try {
    await engine.store.deleteContainer(id);
  } catch (error) {
    if ((error as { code?: string }).code !== 'CONTAINER_UNKNOWN') throw error;
  }
  rmSync(dirname(engine.paths.bundle(id)), { recursive: true, force: true });
  rmSync(dirname(engine.paths.containerRun(id)), { recursive: true, force: true });
  engine.containers.forget(id);
}
