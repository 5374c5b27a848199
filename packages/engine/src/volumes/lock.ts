/**
 * Locks on volumes, in the run root. Whoever makes a container or a volume holds `volumes` shared until its record is
 * written, so that whoever removes a volume, who holds it alone, sees every user. A volume's own lock is held while it
 * is mounted, filled or removed.
 */
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { linux } from '@lighter/linux/native';
import type { Engine } from '../engine.ts';

export function withVolumeUsers<T>(
  engine: Engine,
  access: 'making' | 'removing',
  action: () => Promise<T>,
): Promise<T> {
  return withLock(engine.paths.runDirectory, 'volumes.lock', access === 'removing', action);
}

export function withVolume<T>(engine: Engine, name: string, action: () => Promise<T>): Promise<T> {
  return withLock(`${engine.paths.runDirectory}/volumes`, name, true, action);
}

async function withLock<T>(directory: string, name: string, exclusive: boolean, action: () => Promise<T>): Promise<T> {
  const fd = await lockFile(directory, name, exclusive);
  try {
    return await action();
  } finally {
    linux.unlock(fd);
    closeSync(fd);
  }
}

/** The file of a removed volume is gone: who waited for it takes a new one. */
async function lockFile(directory: string, name: string, exclusive: boolean): Promise<number> {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  for (;;) {
    const fd = openSync(`${directory}/${name}`, 'a+', 0o600);
    try {
      await linux.waitLock(fd, exclusive);
      if (linux.fstat(fd).nlink > 0) return fd;
    } catch (error) {
      closeSync(fd);
      throw error;
    }
    closeSync(fd);
  }
}
