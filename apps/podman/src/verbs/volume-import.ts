import { importVolume } from '@lighter/engine/volumes/archive';
import { podmanCommand } from '../context.ts';
import { expectArguments } from '../each.ts';

export const command = podmanCommand({
  use: 'import VOLUME [SOURCE]',
  summary: 'Unpacks a tar archive, compressed or not, into a volume.',
  examples: ['podman volume import my_vol /home/user/import.tar', 'cat data.tar | podman volume import my_vol -'],
  flags: {},
  async run({ args, context, signal }) {
    expectArguments('volume import', args, 1, 2);
    const [name = '', source = '-'] = args;
    if (source === '-' && process.stdin.isTTY)
      throw new Error('cannot import from a terminal: name a file or redirect');
    const engine = await context.engine();
    await importVolume(engine, await engine.volumes.get(name), { path: source === '-' ? undefined : source, signal });
    return undefined;
  },
});
