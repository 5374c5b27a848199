import { bool } from '@lighter/cli/flags';
import { SecretStore } from '@lighter/engine/secrets/store';
import { podmanCommand } from '../context.ts';
import { each } from '../each.ts';

export const command = podmanCommand({
  use: 'rm [options] SECRET [SECRET...]',
  summary: 'Removes one or more secrets; containers keep what they have of them.',
  examples: ['podman secret rm mysecret1 mysecret2'],
  flags: {
    all: bool('remove all secrets', { short: 'a' }),
    ignore: bool('ignore errors when a specified secret is missing', { short: 'i' }),
  },
  async run({ flags, args, context }) {
    if (flags.all ? args.length > 0 : args.length === 0)
      throw new Error('`podman secret rm` requires one or more arguments, or --all alone');
    const store = new SecretStore(await context.engine());
    const names = flags.all ? (await store.all()).map(({ id }) => id) : args;
    await each(names, async (name) => {
      try {
        process.stdout.write(`${await store.remove(name)}\n`);
      } catch (error) {
        if (!flags.ignore || (error as { code?: string }).code !== 'SECRET_UNKNOWN') throw error;
      }
    });
    return undefined;
  },
});
