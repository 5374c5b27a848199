import { listBuilders, openBuilder } from '@lighter/build/open-builder';
import { bool } from '@lighter/cli/flags';
import { buildahCommand } from '../context.ts';
import { forEachName } from '../each.ts';

export const command = buildahCommand({
  use: 'umount [flags] CONTAINER...',
  summary: 'Unmounts the root file systems of working containers.',
  flags: { all: bool('umount all of the currently mounted containers', { short: 'a' }) },
  async run({ flags, args, context, signal }) {
    if (flags.all && args.length > 0)
      throw new Error('when using the --all switch, you may not pass any container IDs');
    if (!flags.all && args.length === 0) throw new Error('at least one container ID must be specified');
    const store = await context.store();
    const names = flags.all ? (await listBuilders(store)).map(({ id }) => id) : args;
    await forEachName(
      names,
      async (name) => {
        const builder = await openBuilder(store, name, { adopt: !flags.all });
        if (builder.mountPoint === undefined) return;
        await builder.unmount();
        process.stdout.write(`${builder.id}\n`);
      },
      signal,
    );
  },
});
