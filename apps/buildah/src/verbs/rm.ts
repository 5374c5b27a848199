import { listBuilders } from '@lighter/build/open-builder';
import { bool } from '@lighter/cli/flags';
import { buildahCommand } from '../context.ts';
import { forEachName } from '../each.ts';

export const command = buildahCommand({
  use: 'rm [flags] CONTAINER...',
  summary: 'Removes working containers.',
  flags: { all: bool('remove all containers', { short: 'a' }) },
  async run({ flags, args, context, signal }) {
    if (flags.all && args.length > 0)
      throw new Error('when using the --all switch, you may not pass any containers names or IDs');
    if (!flags.all && args.length === 0) throw new Error('container ID must be specified');
    const store = await context.store();
    const names = flags.all ? (await listBuilders(store)).map(({ id }) => id) : args;
    await forEachName(
      names,
      async (name) => {
        try {
          const { id } = await store.container(name);
          await store.deleteContainer(id);
          process.stdout.write(`${id}\n`);
        } catch (error) {
          const { code, message } = error as { code?: string; message: string };
          const reason = code === 'CONTAINER_UNKNOWN' ? 'container not known' : message;
          throw new Error(`removing container ${JSON.stringify(name)}: ${reason}`, { cause: error });
        }
      },
      signal,
    );
  },
});
