import { bool } from '@lighter/cli/flags';
import { reloadNetworks } from '@lighter/engine/networks/connect';
import { isGoingOn } from '@lighter/engine/record';
import { podmanCommand } from '../context.ts';
import { each } from '../each.ts';
import { selectContainers } from '../select-containers.ts';

export const command = podmanCommand({
  use: 'reload [options] [CONTAINER...]',
  summary: 'Makes the firewall rules of running containers again; their addresses stay.',
  examples: ['podman network reload --all'],
  flags: {
    all: bool('reload network configuration of all containers', { short: 'a' }),
    latest: bool('act on the latest container podman is aware of', { short: 'l' }),
  },
  async run({ flags, args, context }) {
    const engine = await context.engine();
    const selected = await selectContainers(engine, {
      names: args,
      all: flags.all,
      latest: flags.latest,
      suitable: ({ record, state }) => record.config.network.mode === 'bridge' && isGoingOn(state),
    });
    await each(selected, async ({ container }) => {
      await reloadNetworks(engine, container);
      process.stdout.write(`${container.record.id}\n`);
    });
    return undefined;
  },
});
