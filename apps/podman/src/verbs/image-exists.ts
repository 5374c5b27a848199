import { ExitStatus } from '@lighter/cli/program';
import { findLocalImage } from '@lighter/image/local-images';
import { podmanCommand } from '../context.ts';
import { expectArguments } from '../each.ts';

export const command = podmanCommand({
  use: 'image exists IMAGE',
  summary: 'Exits with 0 if the image exists, and with 1 if not.',
  flags: {},
  async run({ args, context }) {
    expectArguments('image exists', args, 1, 1);
    try {
      await findLocalImage(await context.store(), args[0] ?? '');
    } catch (error) {
      if ((error as { code?: string }).code === 'IMAGE_NOT_FOUND') throw new ExitStatus(1);
      throw error;
    }
    return undefined;
  },
});
