import { bool, strings } from '@lighter/cli/flags';
import { unpauseContainer } from '@lighter/engine/pause';
import { namesWithCidFiles } from '../cid-files.ts';
import { podmanCommand } from '../context.ts';
import { each } from '../each.ts';
import { selectContainers } from '../select-containers.ts';

export const command = podmanCommand({
  use: 'unpause [options] CONTAINER [CONTAINER...]',
  summary: 'Unpauses all the processes in one or more containers',
  examples: ['podman unpause mywebserver', 'podman unpause --all'],
  flags: {
    all: bool('unpause all paused containers', { short: 'a' }),
    cidfile: strings('read the container ID from the file'),
    filter: strings('filter output based on conditions given', { short: 'f' }),
    latest: bool('act on the latest container podman is aware of', { short: 'l' }),
  },
  async run({ flags, args, context }) {
    const engine = await context.engine();
    const selected = await selectContainers(engine, {
      names: namesWithCidFiles(args, flags.cidfile),
      all: flags.all,
      latest: flags.latest,
      filters: flags.filter,
      suitable: ({ state }) => state.status === 'paused',
    });
    await each(selected, async ({ typed, container }) => {
      await unpauseContainer(engine, container);
      process.stdout.write(`${typed}\n`);
    });
    return undefined;
  },
});
