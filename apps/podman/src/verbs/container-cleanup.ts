import { bool } from '@lighter/cli/flags';
import { cleanUpByGuard } from '@lighter/engine/guard';
import { Ownership } from '@lighter/engine/owner';
import { podmanCommand } from '../context.ts';

export const command = podmanCommand({
  use: 'container cleanup [options] CONTAINER',
  summary: 'Frees what a container that has ended, or was never started, had.',
  flags: {
    rm: bool('after cleanup, remove the container entirely'),
    unstarted: bool('after cleanup, remove a container that was never started', { hidden: true }),
  },
  async run({ flags, args, context }) {
    const [id = ''] = args;
    if (args.length !== 1 || !/^[0-9a-f]{64}$/.test(id))
      throw new Error('container cleanup wants the full ID of one container');
    const engine = await context.engine();
    // The guard holds the lock already; its descriptor came with exec.
    const fd = process.env['LIGHTER_OWNER_FD'];
    const owner = fd ? Ownership.inherited(engine.paths.owner(id), Number(fd)) : undefined;
    await cleanUpByGuard(engine, id, owner, { remove: flags.rm ?? false, removeUnstarted: flags.unstarted ?? false });
    return undefined;
  },
});
