/** Volumes as `inspect` and `--filter` show them. */
import type { Engine } from '@lighter/engine/engine';
import { volumeData } from '@lighter/engine/volumes/paths';
import type { VolumeRecord } from '@lighter/engine/volumes/record';
import { booleanOf, type FilterKinds, labelTest, objectFilter, sinceTest, untilTest } from './object-filters.ts';

export async function inspectVolume(engine: Engine, volume: VolumeRecord): Promise<object> {
  const users = (await engine.containers.all()).filter(
    ({ record, state }) => !state.clean && record.volumes?.some(({ name }) => name === volume.name),
  );
  return {
    Name: volume.name,
    Driver: volume.driver,
    Mountpoint: await volumeData(engine, volume.name),
    CreatedAt: volume.created,
    Labels: volume.labels,
    Scope: 'local',
    Options: volume.options,
    ...(volume.uid ? { UID: volume.uid } : {}),
    ...(volume.gid ? { GID: volume.gid } : {}),
    ...(volume.anonymous ? { Anonymous: true } : {}),
    MountCount: users.length,
    ...(volume.needsCopyUp ? { NeedsCopyUp: true } : {}),
    ...(volume.needsChown ? { NeedsChown: true } : {}),
    LockNumber: 0,
  };
}

/** `used`: names of the volumes that containers have. */
export function volumeFilter(texts: readonly string[], used: ReadonlySet<string>): (volume: VolumeRecord) => boolean {
  const kinds: FilterKinds<VolumeRecord> = {
    name: (value) => {
      const pattern = new RegExp(value);
      return ({ name }) => pattern.test(name);
    },
    driver: (value) => (volume) => volume.driver === value,
    scope: (value) => () => value === 'local',
    label: labelTest,
    opt: (value) => {
      const [key = '', wanted] = value.split(/=(.*)/s);
      return ({ options }) => Object.hasOwn(options, key) && (wanted === undefined || options[key] === wanted);
    },
    anonymous: (value) => {
      const wanted = booleanOf(value);
      return ({ anonymous }) => anonymous === wanted;
    },
    dangling: (value) => {
      const wanted = booleanOf(value);
      return ({ name }) => used.has(name) !== wanted;
    },
    until: untilTest,
    since: sinceTest,
    after: sinceTest,
  };
  return objectFilter(texts, kinds);
}

/** Names of the volumes that containers have. */
export async function usedVolumes(engine: Engine): Promise<ReadonlySet<string>> {
  const containers = await engine.containers.all();
  return new Set(containers.flatMap(({ record }) => (record.volumes ?? []).map(({ name }) => name)));
}
