import { bool, string, stringList, uint } from '@lighter/cli/flags';
import { undoStart } from '@lighter/engine/run';
import { startContainer } from '@lighter/engine/start';
import { disarmWatcher } from '@lighter/linux/watcher';
import { podmanCommand } from '../context.ts';
import { createFlags } from '../create-flags.ts';
import { runAttached } from '../foreground.ts';
import { newContainer } from '../new-container.ts';
import { preservedFds } from '../preserved-fds.ts';
import { runFailure } from '../run-failure.ts';

export const command = podmanCommand({
  use: 'run [options] IMAGE [COMMAND [ARG...]]',
  summary: 'Runs a command in a new container from the given image',
  examples: [
    'podman run --rm docker.io/library/busybox echo hello',
    'podman run -it --network none quay.io/podman/hello',
  ],
  flags: {
    ...createFlags,
    detach: bool('run container in background and print container ID', { short: 'd' }),
    'detach-keys': string('override the key sequence for detaching a container'),
    'preserve-fd': stringList('pass file descriptors into the container'),
    'preserve-fds': uint('pass a number of additional file descriptors into the container'),
    'sig-proxy': bool('proxy received signals to the process'),
  },
  interspersed: false,
  async run({ flags, args, context, signal }) {
    if (flags.detach && flags.attach) throw new Error('cannot specify both --attach and --detach');
    const engine = await context.engine();
    const { record, owner } = await newContainer(engine, flags, args, signal);
    try {
      const preserved = preservedFds(flags['preserve-fds'], flags['preserve-fd']);
      if (!flags.detach) {
        return await runAttached(engine, record, owner, {
          attach: flags.attach,
          interactive: flags.interactive ?? false,
          detachKeys: flags['detach-keys'],
          sigProxy: flags['sig-proxy'],
          preservedFds: preserved,
          signal,
        });
      }
      await startContainer(engine, record, { signal, preservedFds: preserved });
      owner[Symbol.dispose]();
      disarmWatcher();
      process.stdout.write(`${record.id}\n`);
      return 0;
    } catch (error) {
      await undoStart(engine, record, owner);
      disarmWatcher();
      throw runFailure(error);
    }
  },
});
