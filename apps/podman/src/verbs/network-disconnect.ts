import { bool } from '@lighter/cli/flags';
import { disconnectNetwork } from '@lighter/engine/networks/connect';
import { podmanCommand } from '../context.ts';
import { expectArguments } from '../each.ts';

export const command = podmanCommand({
  use: 'disconnect [options] NETWORK CONTAINER',
  summary: 'Removes a container from a network.',
  examples: ['podman network disconnect web secondary'],
  flags: { force: bool('force removal of container from network', { short: 'f' }) },
  async run({ args, context }) {
    expectArguments('network disconnect', args, 2, 2);
    const engine = await context.engine();
    const [network = '', name = ''] = args;
    await disconnectNetwork(engine, await engine.containers.get(name), network);
    return undefined;
  },
});
