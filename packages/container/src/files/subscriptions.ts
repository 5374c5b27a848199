/** Content of the host that mounts.conf names: containers get copies, so that none sees what becomes of it, or changes it. */
import { cpSync, existsSync, rmSync } from 'node:fs';
import { readSubscriptions } from '@lighter/config/mounts-conf';
import { rootlessUid } from '@lighter/linux/launched';
import type { Mount } from '@lighter/spec/runtime';
import type { ContainerPaths } from '../config.ts';

export function makeSubscriptions(paths: ContainerPaths): Mount[] {
  return readSubscriptions(rootlessUid() !== undefined).flatMap(({ source, destination }) => {
    if (!existsSync(source)) return [];
    const copy = `${paths.runDirectory}${destination}`;
    rmSync(copy, { recursive: true, force: true });
    cpSync(source, copy, { recursive: true, dereference: true });
    return [{ destination, type: 'bind', source: copy, options: ['bind', 'rprivate'] }];
  });
}
