/** Mounts whose owners are shifted (mount_setattr(2), MOUNT_ATTR_IDMAP). */
import { closeSync, mkdirSync, openSync, readlinkSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { AT_RECURSIVE, MOUNT_ATTR_IDMAP, OPEN_TREE_CLONE } from '@lighter/linux/constants';
import { linux } from '@lighter/linux/native';
import type { IdMapping, LinuxSpec } from '@lighter/spec/runtime';
import { EngineError } from '../errors.ts';
import type { MountPreparation } from './preparation.ts';

/** The kernel takes the map from a user namespace that has it. */
export async function mountWithIds(
  { source, target, map }: Extract<MountPreparation, { kind: 'idmap' }>,
  own: Pick<LinuxSpec, 'uidMappings' | 'gidMappings'> | undefined,
): Promise<void> {
  const maps = map === '' ? { uids: own?.uidMappings, gids: own?.gidMappings } : parseIdMap(map);
  if (!maps.uids?.length || !maps.gids?.length) {
    throw new EngineError(
      'INVALID',
      `${source}: the mount option idmap needs a map, or a user namespace of the container's own`,
    );
  }
  if (statSync(source).isDirectory()) mkdirSync(target, { recursive: true });
  else {
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, '');
  }
  const userns = await userNamespace(maps.uids, maps.gids);
  try {
    const tree = linux.openTree(source, OPEN_TREE_CLONE | AT_RECURSIVE);
    try {
      linux.mountSetattr(`/proc/self/fd/${tree}`, AT_RECURSIVE, { set: MOUNT_ATTR_IDMAP, usernsFd: userns });
      linux.moveMount(tree, target);
    } finally {
      closeSync(tree);
    }
  } finally {
    closeSync(userns);
  }
}

/** `uids=C-H-N#C-H-N;gids=…`: C on the source appears as H. */
function parseIdMap(text: string): { readonly uids?: IdMapping[]; readonly gids?: IdMapping[] } {
  const maps: { uids?: IdMapping[]; gids?: IdMapping[] } = {};
  for (const part of text.split(';').filter(Boolean)) {
    const match = /^(uids|gids)=(@?\d+-@?\d+-\d+(?:#@?\d+-@?\d+-\d+)*)$/.exec(part);
    if (!match || part.includes('@')) {
      throw new EngineError(
        'INVALID',
        `invalid idmap ${JSON.stringify(text)}: uids=FROM-TO-LENGTH;gids=FROM-TO-LENGTH is known`,
      );
    }
    maps[match[1] as 'uids' | 'gids'] = (match[2] ?? '').split('#').map((one) => {
      const [containerID = 0, hostID = 0, size = 0] = one.split('-').map(Number);
      return { containerID, hostID, size };
    });
  }
  return maps;
}

/** A descriptor of a user namespace with these maps. */
async function userNamespace(uids: readonly IdMapping[], gids: readonly IdMapping[]): Promise<number> {
  const [stdin, holder] = linux.pipe();
  // It lives until its standard input ends, or we do.
  const pid = linux.spawn({ file: '/usr/bin/unshare', argv: ['unshare', '--user', 'cat'], fds: [stdin, -1, -1] });
  closeSync(stdin);
  try {
    const ours = readlinkSync('/proc/self/ns/user');
    for (let tries = 0; readlinkSync(`/proc/${pid}/ns/user`) === ours; tries++) {
      if (tries > 1000) throw new EngineError('INVALID', 'a user namespace for an idmapped mount could not be made');
      await pause(2);
    }
    const lines = (map: readonly IdMapping[]) =>
      map.map(({ containerID, hostID, size }) => `${containerID} ${hostID} ${size}\n`).join('');
    writeFileSync(`/proc/${pid}/uid_map`, lines(uids));
    writeFileSync(`/proc/${pid}/gid_map`, lines(gids));
    return openSync(`/proc/${pid}/ns/user`, 'r');
  } finally {
    closeSync(holder);
    await linux.waitpid(pid);
  }
}
