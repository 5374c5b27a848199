import { bool, strings } from '@lighter/cli/flags';
import { removeContainerByUser } from '@lighter/engine/remove';
import { sweepContainers } from '@lighter/engine/sweep';
import { confirm } from '../confirm.ts';
import { containerFilter } from '../container-filters.ts';
import { podmanCommand } from '../context.ts';
import { expectArguments } from '../each.ts';

export const command = podmanCommand({
  use: 'container prune [options]',
  summary: 'Remove all non running containers',
  examples: ['podman container prune --force'],
  flags: {
    filter: strings('provide filter values (e.g. label=<key>=<value>)'),
    force: bool('do not prompt for confirmation', { short: 'f' }),
  },
  async run({ flags, args, context, signal }) {
    expectArguments('container prune', args, 0, 0);
    const engine = await context.engine();
    await sweepContainers(engine);
    if (!flags.force && !(await confirm('WARNING! This will remove all non running containers.'))) return undefined;
    const accepts = containerFilter(flags.filter ?? []);
    for (const container of await engine.containers.all()) {
      if (!['created', 'exited', 'stopped'].includes(container.state.status) || !accepts(container)) continue;
      try {
        await removeContainerByUser(engine, container, { force: false, volumes: false, depend: false, signal });
        process.stdout.write(`${container.record.id}\n`);
      } catch (error) {
        // It was started meanwhile, or another container needs it.
        if ((error as { code?: string }).code !== 'STATE_IMPROPER') throw error;
      }
    }
    return undefined;
  },
});
