/** Root file systems of containers with a user namespace of their own: owners are shifted, and a way leads there for the shifted. */
import {
  chmodSync,
  closeSync,
  constants,
  lchownSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { walkTree } from '@lighter/archive/tree/walk';
import type { ContainerConfig, ContainerPaths } from '@lighter/container/config';
import { MNT_DETACH, MS_BIND, S_IFLNK, S_IFMT, UMOUNT_NOFOLLOW } from '@lighter/linux/constants';
import { linux } from '@lighter/linux/native';
import type { FileStatus } from '@lighter/linux/syscalls';
import type { LinuxSpec } from '@lighter/spec/runtime';
import type { Engine } from '../engine.ts';
import { onHost } from '../user-ids.ts';

type Maps = Pick<LinuxSpec, 'uidMappings' | 'gidMappings'>;

/** Once, before the container can be seen: a file that is there twice would be shifted twice. */
export async function shiftRootfs(engine: Engine, id: string, maps: Maps): Promise<void> {
  const path = await engine.store.mount(id);
  try {
    const fd = openSync(path, constants.O_RDONLY | constants.O_DIRECTORY);
    try {
      const shifted = new Set<string>();
      shift(`/proc/self/fd/${fd}/.`, linux.fstat(fd), maps, shifted);
      for (const { place, status } of walkTree(fd)) shift(place, status, maps, shifted);
    } finally {
      closeSync(fd);
    }
  } finally {
    await engine.store.unmount(id);
  }
}

/** Changing the owner takes set-user-id bits and file capabilities away: they are put back. */
function shift(place: string | Uint8Array, status: FileStatus, maps: Maps, shifted: Set<string>): void {
  const path = place as string;
  if (status.nlink > 1 && (status.mode & S_IFMT) !== 0o040000) {
    const key = `${status.dev}:${status.ino}`;
    if (shifted.has(key)) return;
  }
  const capability = linux.lgetxattr(path, 'security.capability');
  lchownSync(path, onHost(status.uid, maps.uidMappings), onHost(status.gid, maps.gidMappings));
  const after = linux.lstat(path);
  if (after.nlink > 1) shifted.add(`${after.dev}:${after.ino}`);
  if ((status.mode & S_IFMT) === S_IFLNK) return;
  if (status.mode & 0o6000) chmodSync(path, status.mode & 0o7777);
  if (capability) linux.lsetxattr(path, 'security.capability', capability);
}

const LINK = 'rootfs';

/** Where the container's own root may go: the store's folders are closed to ids that aren't ours. */
export function exposeRootfs(config: ContainerConfig, paths: ContainerPaths, rootPath: string): string {
  const { uidMappings } = config.spec.linux ?? {};
  // Ours is in the map: what belongs to us is open.
  if (!uidMappings || uidMappings.some(({ hostID }) => hostID === 0)) return rootPath;
  const directory = mkdtempSync('/tmp/lighter-rootfs-');
  writeFileSync(`${paths.runDirectory}/${LINK}`, directory);
  chmodSync(directory, 0o755);
  linux.mount(rootPath, directory, '', MS_BIND);
  return directory;
}

/** Everything may be gone already. */
export function hideRootfs(paths: ContainerPaths): void {
  let directory: string;
  try {
    directory = readFileSync(`${paths.runDirectory}/${LINK}`, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  try {
    linux.umount(directory, MNT_DETACH | UMOUNT_NOFOLLOW);
  } catch (error) {
    if (!['EINVAL', 'ENOENT'].includes((error as { code?: string }).code ?? '')) throw error;
  }
  try {
    rmdirSync(directory);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  rmSync(`${paths.runDirectory}/${LINK}`, { force: true });
}
