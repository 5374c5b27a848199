import { ExitStatus } from '@lighter/cli/program';
import { podmanCommand } from '../context.ts';
import { expectArguments } from '../each.ts';

export const command = podmanCommand({
  use: 'container exists CONTAINER',
  summary: 'Exits with 0 if the container exists, and with 1 if not.',
  flags: {},
  async run({ args, context }) {
    expectArguments('container exists', args, 1, 1);
    const engine = await context.engine();
    if (!(await engine.containers.find(args[0] ?? ''))) throw new ExitStatus(1);
    return undefined;
  },
});
