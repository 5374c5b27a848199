import { bool, int, strings } from '@lighter/cli/flags';
import { log } from '@lighter/cli/log';
import { stopContainer } from '@lighter/engine/stop';
import { namesWithCidFiles } from '../cid-files.ts';
import { podmanCommand } from '../context.ts';
import { each } from '../each.ts';
import { selectContainers } from '../select-containers.ts';

export const command = podmanCommand({
  use: 'stop [options] CONTAINER [CONTAINER...]',
  summary: 'Stops one or more running containers: their stop signal first, SIGKILL after a time.',
  examples: ['podman stop --time 2 web'],
  flags: {
    all: bool('stop all running containers', { short: 'a' }),
    cidfile: strings('read the container ID from the file'),
    filter: strings('filter output based on conditions given', { short: 'f' }),
    ignore: bool('ignore errors when a specified container is missing', { short: 'i' }),
    latest: bool('act on the latest container podman is aware of', { short: 'l' }),
    time: int('seconds to wait for stop before killing the container', { short: 't' }),
  },
  async run({ flags, args, context, signal }) {
    const engine = await context.engine();
    const names = namesWithCidFiles(args, flags.cidfile);
    const selected = await selectContainers(engine, {
      names,
      all: flags.all,
      latest: flags.latest,
      ignore: flags.ignore,
      filters: flags.filter,
      suitable: ({ state }) => state.status === 'running',
    });
    await each(selected, async ({ typed, container }) => {
      await stopContainer(engine, container, {
        ...(flags.time === undefined ? {} : { timeout: flags.time }),
        signal,
        warn: (message) => log('warn', message),
      });
      process.stdout.write(`${typed}\n`);
    });
    return undefined;
  },
});
