import { ExitStatus } from '@lighter/cli/program';
import { SecretStore } from '@lighter/engine/secrets/store';
import { podmanCommand } from '../context.ts';
import { expectArguments } from '../each.ts';

export const command = podmanCommand({
  use: 'exists SECRET',
  summary: 'Exits with 0 if the secret exists, and with 1 if not.',
  flags: {},
  async run({ args, context }) {
    expectArguments('secret exists', args, 1, 1);
    try {
      await new SecretStore(await context.engine()).get(args[0] ?? '');
    } catch (error) {
      if ((error as { code?: string }).code === 'SECRET_UNKNOWN') throw new ExitStatus(1);
      throw error;
    }
    return undefined;
  },
});
