import { withVolume } from '@lighter/engine/volumes/lock';
import { releaseVolume } from '@lighter/engine/volumes/mount';
import { podmanCommand } from '../context.ts';
import { each, expectArguments } from '../each.ts';

export const command = podmanCommand({
  use: 'unmount VOLUME [VOLUME...]',
  summary: 'Unmounts volumes that no running container uses.',
  flags: {},
  async run({ args, context }) {
    expectArguments('volume unmount', args, 1);
    const engine = await context.engine();
    await each(args, async (name) => {
      const volume = await engine.volumes.get(name);
      await withVolume(engine, volume.name, () => releaseVolume(engine, volume));
      process.stdout.write(`${volume.name}\n`);
    });
    return undefined;
  },
});
