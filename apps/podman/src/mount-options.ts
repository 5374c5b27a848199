/** `--volume`, `--mount`, `--tmpfs`, `--tz`. */
import { existsSync } from 'node:fs';
import type { FlagValues } from '@lighter/cli/flags';
import { completeMount } from '@lighter/runtime/spec/mount-options';
import { type MountRequest, parseMount, parseTmpfs, parseVolume } from '@lighter/runtime/spec/mount-request';
import type { UserMount } from '@lighter/runtime/spec/request';
import type { createFlags } from './create-flags.ts';

export function mountsOf(flags: FlagValues<typeof createFlags>): MountRequest[] {
  return [
    ...(flags.volume ?? []).map((text) => parseVolume(text)),
    ...(flags.mount ?? []).map((text) => parseMount(text)),
    ...(flags.tmpfs ?? []).map(parseTmpfs),
  ];
}

/** `local` is the host's own. */
export function timeZoneMount(name: string): UserMount {
  const source = name === 'local' ? '/etc/localtime' : `/usr/share/zoneinfo/${name}`;
  if (name.split('/').includes('..') || !existsSync(source)) {
    throw new Error(`finding timezone for container: stat ${source}: no such file or directory`);
  }
  const request = { type: 'bind', source, destination: '/etc/localtime', options: ['ro'] } as const;
  return completeMount({ ...request, chown: false, noCopy: false, noCreate: false }, source);
}
