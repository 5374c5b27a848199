/** Removing volumes. */
import { existsSync, readdirSync, renameSync, rmSync } from 'node:fs';
import type { Engine } from '../engine.ts';
import { EngineError } from '../errors.ts';
import { removeContainerByUser } from '../remove.ts';
import { withVolume, withVolumeUsers } from './lock.ts';
import { unmountVolume } from './mount.ts';
import { volumesDirectory } from './paths.ts';
import type { ContainerVolume, VolumeRecord } from './record.ts';

/** Beginning of the names of folders that are on their way out. */
export const REMOVED = '.removed-';

export interface VolumeRemoval {
  /** With the containers that use it. */
  readonly force?: boolean;
  /** Seconds that such a container gets to stop. */
  readonly timeout?: number;
  readonly signal?: AbortSignal;
}

/** Throws EngineError `VOLUME_IN_USE`. */
export async function removeVolume(engine: Engine, volume: VolumeRecord, how: VolumeRemoval = {}): Promise<void> {
  for (;;) {
    const users = await withVolumeUsers(engine, 'removing', async () => {
      const found = await volumeUsers(engine, volume.name);
      if (found.length === 0) await drop(engine, volume);
      return found;
    });
    if (users.length === 0) return;
    if (!how.force) {
      const ids = users.map(({ record }) => record.id).join(', ');
      throw new EngineError(
        'VOLUME_IN_USE',
        `volume ${volume.name} is being used by the following container(s): ${ids}: volume is being used`,
      );
    }
    const { timeout, signal } = how;
    for (const user of users) {
      await removeContainerByUser(engine, user, {
        force: true,
        ...(timeout === undefined ? {} : { timeout }),
        ...(signal ? { signal } : {}),
      });
    }
  }
}

export async function volumeUsers(engine: Engine, name: string) {
  return (await engine.containers.all()).filter(({ record }) => record.volumes?.some((one) => one.name === name));
}

/** Those that were made for a container which has just gone. One that another container has come to use stays. */
export async function removeAnonymousVolumes(engine: Engine, volumes: readonly ContainerVolume[]): Promise<void> {
  for (const { name, anonymous } of volumes) {
    const volume = anonymous ? await engine.volumes.byName(name) : undefined;
    if (!volume) continue;
    try {
      await removeVolume(engine, volume);
    } catch (error) {
      if ((error as { code?: string }).code !== 'VOLUME_IN_USE') throw error;
    }
  }
}

/** Those that were made for a container whose creation came to nothing. */
export async function removeVolumesMadeFor(engine: Engine, container: string): Promise<void> {
  const made = (await engine.volumes.all()).filter((volume) => volume.container === container);
  await removeAnonymousVolumes(
    engine,
    made.map(({ name }) => ({ name, destination: '', anonymous: true, options: [] })),
  );
}

/** Out of the way in one step, then out of the list, then from the disk: what a crash leaves goes with the next removal. */
async function drop(engine: Engine, volume: VolumeRecord): Promise<void> {
  await withVolume(engine, volume.name, async () => {
    await unmountVolume(engine, volume);
    const directory = await volumesDirectory(engine);
    const path = `${directory}/${volume.name}`;
    if (existsSync(path)) renameSync(path, `${directory}/${REMOVED}${volume.name}-${process.pid}-${Date.now()}`);
    await engine.volumes.remove(volume.name);
    rmSync(`${engine.paths.runDirectory}/volumes/${volume.name}`, { force: true });
    for (const name of existsSync(directory) ? readdirSync(directory) : []) {
      if (name.startsWith(REMOVED)) rmSync(`${directory}/${name}`, { recursive: true, force: true });
    }
  });
}
