import { bool, string } from '@lighter/cli/flags';
import { killContainer } from '@lighter/engine/stop';
import { signalNumber } from '@lighter/linux/signals';
import { podmanCommand } from '../context.ts';
import { each } from '../each.ts';
import { selectContainers } from '../select-containers.ts';

export const command = podmanCommand({
  use: 'kill [options] CONTAINER [CONTAINER...]',
  summary: 'Sends a signal, SIGKILL if not said otherwise, to the first process of running containers.',
  flags: {
    all: bool('signal all running containers', { short: 'a' }),
    latest: bool('act on the latest container podman is aware of', { short: 'l' }),
    signal: string('signal to send to the container', { short: 's' }),
  },
  async run({ flags, args, context }) {
    const number = signalNumber(flags.signal ?? 'KILL');
    if (number === undefined) throw new Error(`invalid signal: ${flags.signal}`);
    const engine = await context.engine();
    const selected = await selectContainers(engine, {
      names: args,
      all: flags.all,
      latest: flags.latest,
      suitable: ({ state }) => state.status === 'running',
    });
    await each(selected, async ({ typed, container }) => {
      await killContainer(engine, container, number);
      process.stdout.write(`${typed}\n`);
    });
    return undefined;
  },
});
