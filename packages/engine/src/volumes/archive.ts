/** A volume's content as a tar archive, out and in. */
import { createReadStream, createWriteStream, mkdirSync, rmSync } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { copyDirectory } from '@lighter/archive/copy/copy-tree';
import { WorkerPool } from '@lighter/archive/extract/worker-pool';
import { tarOfTree } from '@lighter/archive/tree/tar-of-tree';
import { rootlessUid } from '@lighter/linux/launched';
import type { Engine } from '../engine.ts';
import { EngineError } from '../errors.ts';
import { withVolume } from './lock.ts';
import { mountVolume, releaseVolume } from './mount.ts';
import { volumesDirectory } from './paths.ts';
import type { VolumeRecord } from './record.ts';
import { REMOVED } from './remove.ts';

export interface ArchivePlace {
  /** Default: our standard output or input. */
  readonly path: string | undefined;
  readonly signal?: AbortSignal;
}

export async function exportVolume(
  engine: Engine,
  volume: VolumeRecord,
  { path, signal }: ArchivePlace,
): Promise<void> {
  await withContent(engine, volume, async (data) => {
    const archive = tarOfTree(data, signal ? { signal } : {});
    if (path !== undefined) await pipeline(Readable.from(archive), createWriteStream(path, { mode: 0o644 }));
    else await pipeline(Readable.from(archive), process.stdout, { end: false });
  });
}

/**
 * Adds what is in the archive to what is there. It is unpacked beside the volume, where no link of the volume's content leads
 * anywhere, and copied in with the volume as root.
 */
export async function importVolume(
  engine: Engine,
  volume: VolumeRecord,
  { path, signal }: ArchivePlace,
): Promise<void> {
  if (volume.driver === 'image')
    throw new EngineError('INVALID', `volume ${volume.name} holds an image and can't be written`);
  const place = `${await volumesDirectory(engine)}/${REMOVED}import-${volume.name}-${process.pid}`;
  mkdirSync(`${place}/tree`, { recursive: true, mode: 0o700 });
  try {
    await using pool = new WorkerPool();
    const userNamespace = rootlessUid() !== undefined;
    await pool.stage(
      { stream: () => (path === undefined ? process.stdin : createReadStream(path)) },
      { directory: `${place}/tree`, tarSplitPath: `${place}/split`, userNamespace },
      signal ? { signal } : {},
    );
    await withContent(engine, volume, async (data) => {
      await copyDirectory(
        { root: `${place}/tree`, path: '' },
        { root: data, path: '' },
        { userNamespace, ...(signal ? { signal } : {}) },
      );
      await engine.volumes.update({ ...volume, needsCopyUp: false });
    });
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
}

async function withContent(engine: Engine, volume: VolumeRecord, use: (data: string) => Promise<void>): Promise<void> {
  await withVolume(engine, volume.name, async () => {
    if (!(await engine.volumes.byName(volume.name))) await engine.volumes.get(volume.name);
    try {
      await use(await mountVolume(engine, volume));
    } finally {
      await releaseVolume(engine, volume);
    }
  });
}
