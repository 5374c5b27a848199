/** Volumes that something has to be mounted for: it is there while a container uses them, or a user asked for it. */
import { realpathSync } from 'node:fs';
import { MNT_DETACH, MS_BIND, MS_RDONLY, MS_REC, MS_REMOUNT, UMOUNT_NOFOLLOW } from '@lighter/linux/constants';
import { rootlessUid } from '@lighter/linux/launched';
import { linux } from '@lighter/linux/native';
import { runProgram } from '@lighter/network/program';
import { isMountPoint } from '@lighter/storage/mountinfo';
import type { Engine } from '../engine.ts';
import { EngineError } from '../errors.ts';
import { volumeData } from './paths.ts';
import { needsMount, OWN_OPTIONS, type VolumeRecord } from './record.ts';

/** Nothing to do for one that is a plain folder, or mounted already. The caller holds the volume's lock. */
export async function mountVolume(engine: Engine, volume: VolumeRecord): Promise<string> {
  const path = await volumeData(engine, volume.name);
  if (!needsMount(volume) || isMountPoint(realpathSync(path))) return path;
  if (volume.driver === 'image') {
    await mountImage(engine, volume.options['image'] ?? '', path);
    return path;
  }
  if (rootlessUid() !== undefined) {
    throw new EngineError('UNSUPPORTED', `mounting volume ${volume.name}: operation requires root privileges`);
  }
  const { type, device, o = '' } = volume.options;
  const options = o.split(',').filter((option) => option !== '' && !OWN_OPTIONS.test(option));
  const isBind = type === 'bind' || options.some((option) => option === 'bind' || option === 'rbind');
  const args = [
    ...(type && !isBind ? ['-t', type] : []),
    ...(options.length > 0 || isBind ? ['-o', (options.length > 0 ? options : ['bind']).join(',')] : []),
    device ?? type ?? 'none',
    path,
  ];
  const result = await runProgram({ file: '/bin/mount', args });
  if (result.status !== 0) {
    throw new EngineError('INVALID', `mounting volume ${volume.name}: ${(result.stderr || result.stdout).trim()}`);
  }
  return path;
}

async function mountImage(engine: Engine, name: string, path: string): Promise<void> {
  const { findLocalImage } = await import('@lighter/image/local-images');
  const image = await findLocalImage(engine.store, name);
  if (!image.layer) throw new EngineError('INVALID', `image ${name} has no layers`);
  linux.mount(await engine.store.mount(image.layer, { readOnly: true }), path, '', MS_BIND | MS_REC);
  linux.mount('', path, '', MS_BIND | MS_REMOUNT | MS_RDONLY);
}

/** Takes the mount away unless a container, other than `except`, still uses it. The caller holds the volume's lock. */
export async function releaseVolume(engine: Engine, volume: VolumeRecord, except?: string): Promise<void> {
  const path = await volumeData(engine, volume.name);
  if (!needsMount(volume) || !isMountPoint(realpathSync(path))) return;
  const used = (await engine.containers.all()).some(
    ({ record, state }) =>
      record.id !== except && !state.clean && record.volumes?.some(({ name }) => name === volume.name),
  );
  if (!used) await unmountVolume(engine, volume);
}

/** Whoever uses it keeps what they have. */
export async function unmountVolume(engine: Engine, volume: VolumeRecord): Promise<void> {
  const path = await volumeData(engine, volume.name);
  if (!isMountPoint(realpathSync(path))) return;
  linux.umount(path, MNT_DETACH | UMOUNT_NOFOLLOW);
  if (volume.driver !== 'image') return;
  const { findLocalImage } = await import('@lighter/image/local-images');
  const image = await findLocalImage(engine.store, volume.options['image'] ?? '');
  if (image.layer) await engine.store.unmount(image.layer);
}
