import { openBuilder } from '@lighter/build/open-builder';
import { buildahCommand } from '../context.ts';

export const command = buildahCommand({
  use: 'rename CONTAINER NAME',
  summary: 'Gives a working container another name.',
  flags: {},
  async run({ args, context }) {
    const [from, to] = args;
    if (from === undefined || to === undefined || args.length > 2)
      throw new Error('old and new container names must be specified');
    await (await openBuilder(await context.store(), from, { adopt: true })).rename(to);
  },
});
