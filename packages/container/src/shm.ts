/** The tmpfs behind a container's /dev/shm, below its bundle so that other containers can share it. */
import { mkdirSync } from 'node:fs';
import { MNT_DETACH, MS_NODEV, MS_NOEXEC, MS_NOSUID, UMOUNT_NOFOLLOW } from '@lighter/linux/constants';
import { linux } from '@lighter/linux/native';
import type { IdMapping } from '@lighter/spec/runtime';
import type { ContainerConfig, ContainerPaths } from './config.ts';

export function mountShm(config: ContainerConfig, paths: ContainerPaths): void {
  if (config.shm.mode !== 'shareable') return;
  const path = `${paths.bundle}/shm`;
  mkdirSync(path, { recursive: true, mode: 0o700 });
  linux.mount(
    'shm',
    path,
    'tmpfs',
    MS_NOEXEC | MS_NOSUID | MS_NODEV,
    `mode=1777,size=${config.shm.size}${owner(config)}`,
  );
}

/** Root of the container's user namespace. */
function owner({ spec }: ContainerConfig): string {
  const root = (map: readonly IdMapping[] | undefined) => map?.find(({ containerID }) => containerID === 0)?.hostID;
  const { uidMappings, gidMappings } = spec.linux ?? {};
  const [uid, gid] = [root(uidMappings), root(gidMappings)];
  return uid === undefined || gid === undefined ? '' : `,uid=${uid},gid=${gid}`;
}

/** Nothing mounted there is fine. */
export function unmountShm(paths: ContainerPaths): void {
  try {
    linux.umount(`${paths.bundle}/shm`, MNT_DETACH | UMOUNT_NOFOLLOW);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'EINVAL' && code !== 'ENOENT') throw error;
  }
}
