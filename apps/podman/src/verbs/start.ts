import { bool, string, strings } from '@lighter/cli/flags';
import { claimForStart } from '@lighter/engine/claim';
import type { Engine } from '@lighter/engine/engine';
import type { Ownership } from '@lighter/engine/owner';
import type { ContainerRecord } from '@lighter/engine/record';
import { undoStart } from '@lighter/engine/run';
import { startContainer } from '@lighter/engine/start';
import type { Container } from '@lighter/engine/state/containers';
import { sweepContainers } from '@lighter/engine/sweep';
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
    filter: strings('filter output based on conditions given', { short: 'f' }),
    interactive: bool('make STDIN available to the contained process', { short: 'i' }),
    latest: bool('act on the latest container podman is aware of', { short: 'l' }),
    'sig-proxy': bool('proxy received signals to the process (default true if attaching, false otherwise)'),
  },
  async run({ flags, args, context, signal }) {
    const engine = await context.engine();
    await sweepContainers(engine);
    const selected = await selectContainers(engine, {
      names: args,
      all: flags.all,
      latest: flags.latest,
      filters: flags.filter,
    });
    const attached = flags.attach || flags.interactive;
    if (attached && selected.length > 1) throw new Error('you cannot start and attach multiple containers at once');
    let status = 0;
    await each(selected, async ({ typed, container }) => {
      const owner = await claimForStart(engine, container.record.id, signal);
      if (attached) status = await startAttached(container, owner);
      else {
        if (owner !== 'running') await started(engine, container.record, owner, () => startDetached(container, owner));
        process.stdout.write(`${typed}\n`);
      }
    });
    return status;

    async function startAttached({ record }: Container, owner: Ownership | 'running'): Promise<number> {
      if (owner === 'running') {
        throw new Error(`container ${record.id} is already running: attaching to it is not built yet`);
      }
      return started(engine, record, owner, () =>
        runAttached(engine, record, owner, {
          attach: flags.interactive ? undefined : ['stdout', 'stderr'],
          interactive: flags.interactive ?? false,
          detachKeys: flags['detach-keys'],
          sigProxy: flags['sig-proxy'],
          signal,
        }),
      );
    }

    async function startDetached({ record }: Container, owner: Ownership): Promise<void> {
      await startContainer(engine, record, { signal });
      owner[Symbol.dispose]();
      disarmWatcher();
    }
  },
});

/** Undone when it fails, by the watcher when we are killed. */
async function started<T>(
  engine: Engine,
  record: ContainerRecord,
  owner: Ownership,
  work: () => Promise<T>,
): Promise<T> {
  armWatcher(engine.cleanupCommand(record.id, []));
  try {
    return await work();
  } catch (error) {
    await undoStart(engine, record, owner);
    disarmWatcher();
    throw runFailure(error);
  }
}
