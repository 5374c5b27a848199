import { bool, string } from '@lighter/cli/flags';
import { podmanCommand } from '../context.ts';
import { each, expectArguments } from '../each.ts';
import { obtainImage, pullPolicy } from '../pull-image.ts';
import { platformFlags, registryFlags } from '../registry-flags.ts';

export const command = podmanCommand({
  use: 'pull [options] SOURCE [SOURCE...]',
  summary: 'Pulls an image from a registry and stores it locally.',
  examples: ['podman pull docker.io/library/busybox', 'podman pull oci:/tmp/layout:latest'],
  flags: {
    ...registryFlags,
    ...platformFlags,
    policy: string("pull policy ('always', 'missing', 'never', or 'newer')"),
    quiet: bool('suppress output information when pulling images', { short: 'q' }),
  },
  async run({ flags, args, context, signal }) {
    expectArguments('pull', args, 1);
    const store = await context.store();
    await each(args, async (name) => {
      const image = await obtainImage(store, name, {
        flags,
        policy: pullPolicy(flags.policy ?? 'always'),
        quiet: flags.quiet ?? false,
        signal,
      });
      process.stdout.write(`${image.id}\n`);
    });
    return undefined;
  },
});
