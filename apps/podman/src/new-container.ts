/** The part that `podman create` and `podman run` share: image, options, record. */
import { existsSync, statSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { FlagValues } from '@lighter/cli/flags';
import { log } from '@lighter/cli/log';
import {
  beginCreation,
  type Created,
  type CreateRequest,
  createContainer,
  imageVolumeMode,
} from '@lighter/engine/create';
import type { Engine } from '@lighter/engine/engine';
import { removeContainerByUser } from '@lighter/engine/remove';
import { sweepContainers } from '@lighter/engine/sweep';
import { armWatcher } from '@lighter/linux/watcher';
import { randomId } from '@lighter/storage/ids';
import type { Image } from '@lighter/storage/store-types';
import { containerOptions, labelsOf } from './container-options.ts';
import type { createFlags } from './create-flags.ts';
import { mountsOf } from './mount-options.ts';

type Flags = FlagValues<typeof createFlags>;

/** Warns, too, about what couldn't be honoured. Should this process be killed from here on, the watcher cleans up. */
export async function newContainer(
  engine: Engine,
  flags: Flags,
  args: readonly string[],
  signal: AbortSignal,
): Promise<Created> {
  const [imageName, ...command] = args;
  if (imageName === undefined)
    throw new Error('an image name is missing: podman run [options] IMAGE [COMMAND [ARG...]]');
  if (flags.cidfile !== undefined && existsSync(flags.cidfile)) {
    throw new Error(`container id file exists. Ensure another container is not using it or delete ${flags.cidfile}`);
  }
  const conf = await engine.conf();
  const options = containerOptions(flags, command, conf);
  const source = flags.rootfs
    ? { rootfs: rootfsOf(imageName) }
    : { image: { requested: imageName, image: await findImage(engine, imageName, flags, signal) } };
  if (flags.replace) await removeOld(engine, flags.name, signal);
  await sweepContainers(engine);
  const mounts = mountsOf(flags);
  const id = randomId();
  armWatcher(engine.cleanupCommand(id, ['--unstarted']));
  const begun = beginCreation(engine, id);
  try {
    const created = await createContainer(engine, begun, {
      ...(flags.name === undefined ? {} : { name: flags.name }),
      ...source,
      options,
      labels: labelsOf(flags),
      createCommand: ['podman', ...process.argv.slice(2)],
      ...(flags.cidfile === undefined ? {} : { cidFile: flags.cidfile }),
      ...(flags.pidfile === undefined ? {} : { pidFile: flags.pidfile }),
      ...(flags['conmon-pidfile'] === undefined ? {} : { conmonPidFile: flags['conmon-pidfile'] }),
      ...(flags.expose ? { expose: flags.expose } : {}),
      ...(flags['publish-all'] ? { publishAll: true } : {}),
      mounts,
      ...(flags.secret ? { secrets: flags.secret } : {}),
      ...userNamespaceOf(flags),
      ...(flags.requires ? { requires: flags.requires } : {}),
      ...(flags['volumes-from'] ? { volumesFrom: flags['volumes-from'] } : {}),
      ...(flags['image-volume'] ? { imageVolumes: imageVolumeMode(flags['image-volume']) } : {}),
      ...(flags.rmi ? { removeImage: true } : {}),
    });
    for (const warning of created.warnings) log('warn', warning);
    if (flags.cidfile !== undefined) writeFileSync(flags.cidfile, created.record.id);
    return created;
  } catch (error) {
    engine.containers.forget(id);
    begun.owner.finish();
    throw error;
  }
}

/** `PATH`, or `PATH:O` for a view of it. */
function rootfsOf(text: string): NonNullable<CreateRequest['rootfs']> {
  const [, path = text, options] = /^(.*?)(?::([^/]*))?$/.exec(text) ?? [];
  if (options !== undefined && options !== 'O')
    throw new Error(`invalid options ${JSON.stringify(options)} of --rootfs: O is known`);
  const absolute = resolve(path);
  if (!statSync(absolute, { throwIfNoEntry: false })?.isDirectory()) {
    throw new Error(`stat ${absolute}: no such file or directory`);
  }
  return { path: absolute, overlay: options === 'O' };
}

function userNamespaceOf(flags: Flags): Pick<CreateRequest, 'userNamespace'> {
  const { userns, uidmap, gidmap, subuidname, subgidname } = flags;
  if ((userns ?? uidmap ?? gidmap ?? subuidname ?? subgidname) === undefined) return {};
  return {
    userNamespace: {
      mode: userns ?? '',
      uidMap: uidmap ?? [],
      gidMap: gidmap ?? [],
      ...(subuidname === undefined ? {} : { subUidName: subuidname }),
      ...(subgidname === undefined ? {} : { subGidName: subgidname }),
    },
  };
}

/** Without the registry's code where the image is there already, as it nearly always is. */
async function findImage(engine: Engine, name: string, flags: Flags, signal: AbortSignal): Promise<Image> {
  const policy = flags.pull ?? (await engine.conf()).engine.pull_policy;
  if (policy === 'missing') {
    const { findLocalImage } = await import('@lighter/image/local-images');
    try {
      return await findLocalImage(engine.store, name);
    } catch (error) {
      if ((error as { code?: string }).code !== 'IMAGE_NOT_FOUND') throw error;
    }
  }
  const { obtainImage, pullPolicy } = await import('./pull-image.ts');
  return obtainImage(engine.store, name, { flags, policy: pullPolicy(policy), quiet: flags.quiet ?? false, signal });
}

async function removeOld(engine: Engine, name: string | undefined, signal: AbortSignal): Promise<void> {
  if (name === undefined) throw new Error('cannot replace container without --name being set');
  const old = await engine.containers.find(name);
  if (old) await removeContainerByUser(engine, old, { force: true, signal });
}
