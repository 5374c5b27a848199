import { withVolume } from '@lighter/engine/volumes/lock';
import { mountVolume } from '@lighter/engine/volumes/mount';
import { podmanCommand } from '../context.ts';
import { each, expectArguments } from '../each.ts';

export const command = podmanCommand({
  use: 'mount VOLUME [VOLUME...]',
  summary: 'Mounts volumes that need it and prints where they are.',
  flags: {},
  async run({ args, context }) {
    expectArguments('volume mount', args, 1);
    if (process.env['_CONTAINERS_USERNS_CONFIGURED'] === 'init') {
      throw new Error('cannot run command "podman volume mount" in rootless mode, must execute `podman unshare` first');
    }
    const engine = await context.engine();
    await each(args, async (name) => {
      const volume = await engine.volumes.get(name);
      process.stdout.write(`${await withVolume(engine, volume.name, () => mountVolume(engine, volume))}\n`);
    });
    return undefined;
  },
});
