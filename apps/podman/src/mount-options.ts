/** `--volume`, `--mount`, `--tmpfs`, `--tz`. */
import { existsSync } from 'node:fs';
import type { FlagValues } from '@lighter/cli/flags';
import { completeMount } from '@lighter/runtime/spec/mount-options';
import { type MountRequest, parseMount, parseTmpfs, parseVolume } from '@lighter/runtime/spec/mount-request';
import type { UserMount } from '@lighter/runtime/spec/request';
import type { createFlags } from './create-flags.ts';

export function mountsOf(flags: FlagValues<typeof createFlags>): UserMount[] {
  const requests = [
    ...(flags.volume ?? []).map((text) => parseVolume(text)),
    ...(flags.mount ?? []).map((text) => parseMount(text)),
    ...(flags.tmpfs ?? []).map(parseTmpfs),
  ];
  const seen = new Set<string>();
  const mounts = requests.map((request) => {
    if (seen.has(request.destination)) throw new Error(`${request.destination}: duplicate mount destination`);
    seen.add(request.destination);
    return toMount(request);
  });
  return [...mounts, ...(flags.tz ? [timeZone(flags.tz)] : [])];
}

function toMount(request: MountRequest): UserMount {
  const { type, source, destination } = request;
  if (type === 'volume') {
    throw new Error(
      `volumes are not built yet: mount a folder of the host at ${destination} instead (-v /path:${destination})`,
    );
  }
  if (request.chown) throw new Error('the mount option U is not built yet');
  if (request.subpath !== undefined) throw new Error('the mount option subpath is not built yet');
  if (type === 'bind' && !existsSync(source ?? '')) throw new Error(`statfs ${source}: no such file or directory`);
  return completeMount(request, source);
}

/** `local` is the host's own. */
function timeZone(name: string): UserMount {
  const source = name === 'local' ? '/etc/localtime' : `/usr/share/zoneinfo/${name}`;
  if (name.split('/').includes('..') || !existsSync(source)) {
    throw new Error(`finding timezone for container: stat ${source}: no such file or directory`);
  }
  const request = { type: 'bind', source, destination: '/etc/localtime', options: ['ro'] } as const;
  return completeMount({ ...request, chown: false, noCopy: false, noCreate: false }, source);
}
