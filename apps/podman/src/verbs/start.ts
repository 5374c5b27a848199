import { bool, string } from '@lighter/cli/flags';
import { Ownership } from '@lighter/engine/owner';
import { undoStart } from '@lighter/engine/run';
import { startContainer } from '@lighter/engine/start';
import { armWatcher, disarmWatcher } from '@lighter/linux/watcher';
import { podmanCommand } from '../context.ts';
import { each } from '../each.ts';
import { runAttached } from '../foreground.ts';
import { runFailure } from '../run-failure.ts';
import { selectContainers } from '../select-containers.ts';

export const command = podmanCommand({
  use: 'start [options] CONTAINER [CONTAINER...]',
  summary: 'Starts one or more containers.',
  flags: {
    all: bool('start all containers regardless of their state or configuration'),
    attach: bool("attach container's STDOUT and STDERR", { short: 'a' }),
    'detach-keys': string('select the key sequence for detaching a container'),
    interactive: bool('make STDIN available to the contained process', { short: 'i' }),
    latest: bool('act on the latest container podman is aware of', { short: 'l' }),
    'sig-proxy': bool('proxy received signals to the process (default true if attaching, false otherwise)'),
  },
  async run({ flags, args, context }) {
    const engine = await context.engine();
    const selected = await selectContainers(engine, { names: args, all: flags.all, latest: flags.latest });
    if (flags.attach && selected.length > 1) throw new Error('you cannot start and attach multiple containers at once');
    let status = 0;
    await each(selected, async ({ typed, container }) => {
      const { record, state } = container;
      if (state.status === 'running' && !flags.attach) return void process.stdout.write(`${typed}\n`);
      if (!['created', 'exited', 'stopped'].includes(state.status)) {
        throw new Error(
          `container ${record.id} must be in Created or Stopped state to be started: container state improper`,
        );
      }
      // The guard of the last run may still be at work.
      const last = await Ownership.take(engine.paths.owner(record.id));
      if (last) await undoStart(engine, record, last);
      const owner = Ownership.create(engine.paths.owner(record.id));
      armWatcher(engine.cleanupCommand(record.id, false));
      try {
        if (flags.attach) {
          const attached = { ...record, interactive: flags.interactive ?? record.interactive };
          status = await runAttached(engine, attached, owner, {
            detachKeys: flags['detach-keys'],
            sigProxy: flags['sig-proxy'],
          });
          return;
        }
        await startContainer(engine, record);
        owner[Symbol.dispose]();
        disarmWatcher();
        process.stdout.write(`${typed}\n`);
      } catch (error) {
        await undoStart(engine, record, owner);
        disarmWatcher();
        throw runFailure(error);
      }
    });
    return status;
  },
});
