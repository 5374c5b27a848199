/** Before each start: what the container's mounts come from is made. At the end of its run it is undone. */
import {
  chmodSync,
  chownSync,
  closeSync,
  constants,
  lchownSync,
  mkdirSync,
  openSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { copyDirectory } from '@lighter/archive/copy/copy-tree';
import { openInRoot, statusInRoot } from '@lighter/archive/rootfs';
import { walkTree } from '@lighter/archive/tree/walk';
import { openRoot, readTextFile } from '@lighter/container/rootfs';
import { MNT_DETACH, MS_BIND, MS_REC, O_PATH, S_IFDIR, S_IFMT, UMOUNT_NOFOLLOW } from '@lighter/linux/constants';
import { rootlessUid } from '@lighter/linux/launched';
import { linux } from '@lighter/linux/native';
import { lookUpUser } from '@lighter/runtime/spec/user';
import { mounts } from '@lighter/storage/mountinfo';
import type { Engine } from '../engine.ts';
import { EngineError } from '../errors.ts';
import type { ContainerRecord } from '../record.ts';
import { onHost } from '../user-ids.ts';
import { mountWithIds } from './idmap.ts';
import { withVolume } from './lock.ts';
import { mountVolume, releaseVolume } from './mount.ts';
import type { MountPreparation } from './preparation.ts';

interface Owner {
  readonly uid: number;
  readonly gid: number;
}

/** `rootPath`: where the container's root file system is mounted. Undone by `undoMounts`, also after a failure half-way. */
export async function prepareMounts(engine: Engine, record: ContainerRecord, rootPath: string): Promise<void> {
  let owner: Owner | undefined;
  const user = () => {
    owner ??= containerOwner(record, rootPath);
    return owner;
  };
  for (const step of record.preparations ?? []) {
    switch (step.kind) {
      case 'volume':
        await prepareVolume(engine, step, rootPath, user);
        break;
      case 'image':
        bind(await engine.store.mount(step.layer, { readOnly: true }), step.target);
        break;
      case 'subpath':
        bindInside(step.root, step.path, step.target);
        break;
      case 'chown':
        chownTree(step.path, user());
        break;
      case 'overlay':
        mountOverlay(step);
        break;
      case 'idmap':
        await mountWithIds(step, record.config.spec.linux);
        break;
    }
  }
}

/** Everything may be gone already. */
export async function undoMounts(engine: Engine, record: ContainerRecord): Promise<void> {
  const steps = record.preparations ?? [];
  if (steps.length === 0) return;
  const directory = `${engine.paths.bundle(record.id)}/mounts`;
  for (const { point } of mounts().toReversed()) {
    if (point.startsWith(`${directory}/`)) linux.umount(point, MNT_DETACH | UMOUNT_NOFOLLOW);
  }
  rmSync(directory, { recursive: true, force: true });
  for (const step of steps) {
    if (step.kind === 'image') await engine.store.unmount(step.layer);
    if (step.kind !== 'volume') continue;
    await withVolume(engine, step.name, async () => {
      const volume = await engine.volumes.byName(step.name);
      if (volume) await releaseVolume(engine, volume, record.id);
    });
  }
}

/** A volume that has content is never changed, however it came there. */
async function prepareVolume(
  engine: Engine,
  { name, destination, copyUp }: Extract<MountPreparation, { kind: 'volume' }>,
  rootPath: string,
  user: () => Owner,
): Promise<void> {
  await withVolume(engine, name, async () => {
    const volume = await engine.volumes.byName(name);
    if (!volume) throw new EngineError('VOLUME_UNKNOWN', `no volume with name "${name}" found: no such volume`);
    const data = await mountVolume(engine, volume);
    const fill = volume.needsCopyUp && copyUp;
    if (!fill && !volume.needsChown) return;
    if (readdirSync(data).length === 0) {
      const top = statusInRoot(rootPath, destination);
      const isDirectory = top !== undefined && (top.mode & S_IFMT) === S_IFDIR;
      if (volume.needsChown) {
        const { uid, gid } = isDirectory ? top : user();
        chownSync(data, uid, gid);
        if (isDirectory) chmodSync(data, top.mode & 0o7777);
      }
      if (fill && isDirectory) {
        await copyDirectory(
          { root: rootPath, path: destination },
          { root: data, path: '' },
          { top: volume.needsChown, userNamespace: rootlessUid() !== undefined },
        );
      }
    }
    await engine.volumes.update({ ...volume, needsChown: false, ...(fill ? { needsCopyUp: false } : {}) });
  });
}

/** The container's user by its own passwd and group, as ids of the host. */
function containerOwner({ config }: ContainerRecord, rootPath: string): Owner {
  const root = openRoot(rootPath);
  try {
    const files = { passwd: readTextFile(root, '/etc/passwd'), group: readTextFile(root, '/etc/group') };
    const { uid, gid } = lookUpUser(config.user, files, []);
    const { uidMappings, gidMappings } = config.spec.linux ?? {};
    return { uid: onHost(uid, uidMappings), gid: onHost(gid, gidMappings) };
  } finally {
    closeSync(root);
  }
}

function chownTree(path: string, { uid, gid }: Owner): void {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    chownSync(`/proc/self/fd/${fd}`, uid, gid);
    if (!statSync(`/proc/self/fd/${fd}`).isDirectory()) return;
    for (const { place, status } of walkTree(fd)) {
      if (status.uid !== uid || status.gid !== gid) lchownSync(place, uid, gid);
    }
  } finally {
    closeSync(fd);
  }
}

function mountOverlay({ source, target, upper, work }: Extract<MountPreparation, { kind: 'overlay' }>): void {
  const own = `${dirname(target)}/${target.slice(target.lastIndexOf('/') + 1)}-files`;
  const directories = { upper: upper ?? `${own}/upper`, work: work ?? `${own}/work` };
  for (const directory of [target, ...(upper ? [] : Object.values(directories))])
    mkdirSync(directory, { recursive: true });
  if (!upper) {
    // The merged directory is the upper one: it shall look like the source.
    const { uid, gid, mode } = statSync(source);
    chownSync(directories.upper, uid, gid);
    chmodSync(directories.upper, mode & 0o7777);
  }
  const options = rootlessUid() === undefined ? [] : ['userxattr'];
  linux.mountOverlay({ target, lower: [source], ...directories, options, flags: 0 });
}

function bindInside(root: string, path: string, target: string): void {
  const last = path.replace(/\/+$/, '');
  const fd = openInRoot(root, last, O_PATH | constants.O_NOFOLLOW);
  try {
    if ((linux.fstat(fd).mode & S_IFMT) === 0o120000) {
      throw new EngineError('INVALID', `subpath ${path} of ${root} is a symbolic link`);
    }
    bind(`/proc/self/fd/${fd}`, target);
  } finally {
    closeSync(fd);
  }
}

function bind(source: string, target: string): void {
  if (statSync(source).isDirectory()) mkdirSync(target, { recursive: true });
  else {
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, '');
  }
  linux.mount(source, target, '', MS_BIND | MS_REC);
}
