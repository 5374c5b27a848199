import { ExitStatus } from '@lighter/cli/program';
import { bridgeNetworks } from '@lighter/engine/networks/backend';
import { findNetwork } from '@lighter/engine/networks/find';
import { podmanCommand } from '../context.ts';
import { expectArguments } from '../each.ts';

export const command = podmanCommand({
  use: 'exists NETWORK',
  summary: 'Exits with 0 if the network exists, and with 1 if not.',
  flags: {},
  async run({ args, context }) {
    expectArguments('network exists', args, 1, 1);
    try {
      await findNetwork(await bridgeNetworks(await context.engine()), args[0] ?? '');
    } catch (error) {
      if ((error as { code?: string }).code === 'NETWORK_UNKNOWN') throw new ExitStatus(1);
      throw error;
    }
    return undefined;
  },
});
