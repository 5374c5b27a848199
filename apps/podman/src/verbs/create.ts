import { disarmWatcher } from '@lighter/linux/watcher';
import { podmanCommand } from '../context.ts';
import { createFlags } from '../create-flags.ts';
import { newContainer } from '../new-container.ts';

export const command = podmanCommand({
  use: 'create [options] IMAGE [COMMAND [ARG...]]',
  summary: 'Creates a new container from the given image or storage and prepares it for running the specified command.',
  examples: ['podman create alpine ls', 'podman create --annotation HELLO=WORLD alpine ls'],
  flags: createFlags,
  interspersed: false,
  async run({ flags, args, context, signal }) {
    const { record, owner } = await newContainer(await context.engine(), flags, args, signal);
    owner.finish();
    disarmWatcher();
    process.stdout.write(`${record.id}\n`);
    return undefined;
  },
});
