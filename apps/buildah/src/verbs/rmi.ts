import { bool } from '@lighter/cli/flags';
import { buildahCommand } from '../context.ts';
import { reportAll } from '../each.ts';
import { removeImage } from '../remove-image.ts';

export const command = buildahCommand({
  use: 'rmi [flags] IMAGE...',
  summary: 'Removes images, or names of them.',
  flags: {
    all: bool('remove all images', { short: 'a' }),
    force: bool('force removal of the image and any containers using the image', { short: 'f' }),
  },
  async run({ flags, args, context, signal }) {
    if (flags.all && args.length > 0)
      throw new Error('when using the --all switch, you may not pass any images names or IDs');
    if (!flags.all && args.length === 0) throw new Error('image name or ID must be specified');
    const store = await context.store();
    const names = flags.all ? (await store.images()).map(({ id }) => id) : args;
    const failures: Error[] = [];
    const untagged: string[] = [];
    const removed: string[] = [];
    for (const name of names) {
      signal.throwIfAborted();
      try {
        const result = await removeImage(store, name, { force: flags.force ?? false, all: flags.all ?? false });
        untagged.push(...result.untagged);
        removed.push(...result.removed);
      } catch (error) {
        failures.push(error as Error);
      }
    }
    for (const name of untagged) process.stdout.write(`untagged: ${name}\n`);
    for (const id of removed) process.stdout.write(`${id}\n`);
    reportAll(failures);
  },
});
