import { bool, int } from '@lighter/cli/flags';
import { removeNetwork } from '@lighter/engine/networks/manage';
import { podmanCommand } from '../context.ts';
import { each, expectArguments } from '../each.ts';

export const command = podmanCommand({
  use: 'rm [options] NETWORK [NETWORK...]',
  summary: 'Removes one or more networks.',
  examples: ['podman network rm --force cni-podman9'],
  flags: {
    force: bool('remove any containers using network', { short: 'f' }),
    time: int('seconds to wait for running containers to stop before killing the container', { short: 't' }),
  },
  async run({ flags, args, context, signal }) {
    expectArguments('network rm', args, 1);
    if (flags.time !== undefined && !flags.force)
      throw new Error('--force option must be specified to use the --time option');
    const engine = await context.engine();
    await each(
      args,
      async (name) => {
        try {
          const removed = await removeNetwork(engine, name, {
            force: flags.force ?? false,
            ...(flags.time === undefined ? {} : { timeout: flags.time }),
            signal,
          });
          process.stdout.write(`${removed}\n`);
        } catch (error) {
          if (!flags.force || (error as { code?: string }).code !== 'NETWORK_UNKNOWN') throw error;
        }
      },
      statusOf,
    );
    return undefined;
  },
});

/** 1: not there; 2: in use. */
function statusOf(error: unknown): number {
  const { code } = error as { code?: string };
  return code === 'NETWORK_UNKNOWN' ? 1 : code === 'NETWORK_IN_USE' ? 2 : 125;
}
