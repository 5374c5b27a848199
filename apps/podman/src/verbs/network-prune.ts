import { bool, strings } from '@lighter/cli/flags';
import { bridgeNetworks } from '@lighter/engine/networks/backend';
import { removeNetwork } from '@lighter/engine/networks/manage';
import { DEFAULT_NETWORK } from '@lighter/network/definitions/definition';
import { confirm } from '../confirm.ts';
import { podmanCommand } from '../context.ts';
import { expectArguments } from '../each.ts';
import { networkFilter, usedNetworks } from '../network-view.ts';

export const command = podmanCommand({
  use: 'prune [options]',
  summary: 'Removes all networks that no container is connected to.',
  flags: {
    filter: strings('provide filter values (e.g. label=<key>=<value>)'),
    force: bool('do not prompt for confirmation', { short: 'f' }),
  },
  async run({ flags, args, context }) {
    expectArguments('network prune', args, 0, 0);
    const engine = await context.engine();
    const used = await usedNetworks(engine);
    const { default_network: standard } = (await engine.conf()).network;
    const accepts = networkFilter(flags.filter ?? [], used);
    if (!flags.force && !(await confirm('WARNING! This will remove all networks not used by at least one container.')))
      return undefined;
    for (const network of await (await bridgeNetworks(engine)).networks()) {
      if (used.has(network.name) || [DEFAULT_NETWORK, standard].includes(network.name) || !accepts(network)) continue;
      try {
        process.stdout.write(`${await removeNetwork(engine, network.name)}\n`);
      } catch (error) {
        // A container has come to use it meanwhile.
        if ((error as { code?: string }).code !== 'NETWORK_IN_USE') throw error;
      }
    }
    return undefined;
  },
});
