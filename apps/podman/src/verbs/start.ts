import { bool, string, strings } from '@lighter/cli/flags';
import { attachToContainer } from '@lighter/engine/attach';
import { claimForStart } from '@lighter/engine/claim';
import type { Ownership } from '@lighter/engine/owner';
import type { Container } from '@lighter/engine/state/containers';
import { sweepContainers } from '@lighter/engine/sweep';
import { podmanCommand } from '../context.ts';
import { each } from '../each.ts';
import { foregroundOptions, runAttached } from '../foreground.ts';
import { selectContainers } from '../select-containers.ts';
import { startDetached, started } from '../started.ts';

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
        if (owner !== 'running') await startDetached(engine, container.record, owner, signal);
        process.stdout.write(`${typed}\n`);
      }
    });
    return status;

    async function startAttached(container: Container, owner: Ownership | 'running'): Promise<number> {
      const { record } = container;
      const options = {
        attach: flags.interactive ? undefined : ['stdout', 'stderr'],
        interactive: flags.interactive ?? false,
        detachKeys: flags['detach-keys'],
        sigProxy: flags['sig-proxy'],
        signal,
      };
      if (owner !== 'running') return started(engine, record, owner, () => runAttached(engine, record, owner, options));
      const how = await attachToContainer(
        engine,
        await engine.containers.get(record.id),
        await foregroundOptions(engine, record, options),
      );
      return how === 'detached' ? 0 : how & 0xff;
    }
  },
});
