/** Which boot the run-time state belongs to. A run root on a disk outlives the processes that its files speak of. */
import { closeSync, mkdirSync, openSync, readFileSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { linux } from '@lighter/linux/native';
import type { EnginePaths } from '../engine-paths.ts';
import { writeRunFile } from './run-files.ts';

/** Whether there is state of this boot; none is there before the first container. */
export function hasStateOfThisBoot(paths: EnginePaths): boolean {
  try {
    return JSON.parse(readFileSync(paths.boot, 'utf8')) === bootId();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}

/** Begins with no run-time state, unless somebody else has done so meanwhile. Whether it was this call that did. */
export async function beginBoot(paths: EnginePaths): Promise<boolean> {
  mkdirSync(dirname(paths.runDirectory), { recursive: true, mode: 0o700 });
  const lock = openSync(`${paths.runDirectory}.lock`, 'a', 0o600);
  try {
    await linux.waitLock(lock, true);
    if (hasStateOfThisBoot(paths)) return false;
    rmSync(paths.runDirectory, { recursive: true, force: true });
    mkdirSync(paths.exits, { recursive: true, mode: 0o750 });
    writeRunFile(paths.boot, bootId());
    return true;
  } finally {
    linux.unlock(lock);
    closeSync(lock);
  }
}

function bootId(): string {
  return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
}
