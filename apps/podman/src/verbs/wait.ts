import { bool } from '@lighter/cli/flags';
import { waitContainer } from '@lighter/engine/wait';
import { podmanCommand } from '../context.ts';
import { each } from '../each.ts';
import { selectContainers } from '../select-containers.ts';

export const command = podmanCommand({
  use: 'wait [options] CONTAINER [CONTAINER...]',
  summary: 'Waits until containers have ended and prints their exit codes.',
  flags: {
    ignore: bool('ignore if a container does not exist'),
    latest: bool('act on the latest container podman is aware of', { short: 'l' }),
  },
  async run({ flags, args, context, signal }) {
    const engine = await context.engine();
    const selected = await selectContainers(engine, { names: args, latest: flags.latest, ignore: flags.ignore });
    await each(selected, async ({ container }) => {
      process.stdout.write(`${await waitContainer(engine, container.record.id, { signal })}\n`);
    });
    return undefined;
  },
});
