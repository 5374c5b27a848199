import { ExitStatus } from '@lighter/cli/program';
import { podmanCommand } from '../context.ts';
import { expectArguments } from '../each.ts';

export const command = podmanCommand({
  use: 'exists VOLUME',
  summary: 'Exits with 0 if the volume exists, and with 1 if not.',
  flags: {},
  async run({ args, context }) {
    expectArguments('volume exists', args, 1, 1);
    const engine = await context.engine();
    if (!(await engine.volumes.byName(args[0] ?? ''))) throw new ExitStatus(1);
    return undefined;
  },
});
