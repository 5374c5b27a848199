import { bool, int } from '@lighter/cli/flags';
import { removeVolume } from '@lighter/engine/volumes/remove';
import { podmanCommand } from '../context.ts';
import { each } from '../each.ts';

export const command = podmanCommand({
  use: 'rm [options] VOLUME [VOLUME...]',
  summary: 'Removes one or more volumes that no container uses.',
  examples: ['podman volume rm myvol1 myvol2', 'podman volume rm --all'],
  flags: {
    all: bool('remove all volumes', { short: 'a' }),
    force: bool('remove a volume by force, even if it is being used by a container', { short: 'f' }),
    time: int('seconds to wait for running containers to stop before killing the container', { short: 't' }),
  },
  async run({ flags, args, context, signal }) {
    if (flags.all ? args.length > 0 : args.length === 0) throw new Error('choose either one or more volumes or all');
    if (flags.time !== undefined && !flags.force)
      throw new Error('--force option must be specified to use the --time option');
    const engine = await context.engine();
    const names = flags.all ? (await engine.volumes.all()).map((volume) => volume.name) : args;
    await each(
      names,
      async (name) => {
        try {
          const volume = await engine.volumes.get(name);
          await removeVolume(engine, volume, {
            force: flags.force ?? false,
            ...(flags.time === undefined ? {} : { timeout: flags.time }),
            signal,
          });
          process.stdout.write(`${volume.name}\n`);
        } catch (error) {
          if (!flags.force || (error as { code?: string }).code !== 'VOLUME_UNKNOWN') throw error;
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
  return code === 'VOLUME_UNKNOWN' ? 1 : code === 'VOLUME_IN_USE' ? 2 : 125;
}
