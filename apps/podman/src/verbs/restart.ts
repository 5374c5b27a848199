import { bool, int, strings } from '@lighter/cli/flags';
import { log } from '@lighter/cli/log';
import { claimForStart } from '@lighter/engine/claim';
import { stopContainer } from '@lighter/engine/stop';
import { sweepContainers } from '@lighter/engine/sweep';
import { namesWithCidFiles } from '../cid-files.ts';
import { podmanCommand } from '../context.ts';
import { each } from '../each.ts';
import { selectContainers } from '../select-containers.ts';
import { startDetached } from '../started.ts';

export const command = podmanCommand({
  use: 'restart [options] CONTAINER [CONTAINER...]',
  summary: 'Restart one or more containers',
  examples: ['podman restart ctrID', 'podman restart --time 2 ctrID1 ctrID2', 'podman restart --running'],
  flags: {
    all: bool('restart all non-running containers', { short: 'a' }),
    cidfile: strings('read the container ID from the file'),
    filter: strings('filter output based on conditions given', { short: 'f' }),
    latest: bool('act on the latest container podman is aware of', { short: 'l' }),
    running: bool('restart only running containers'),
    time: int('seconds to wait for stop before killing the container', { short: 't' }),
  },
  async run({ flags, args, context, signal }) {
    const engine = await context.engine();
    await sweepContainers(engine);
    const selected = await selectContainers(engine, {
      names: namesWithCidFiles(args, flags.cidfile),
      all: flags.all || flags.running,
      latest: flags.latest,
      filters: flags.filter,
      suitable: ({ state }) => !flags.running || state.status === 'running',
    });
    await each(selected, async ({ typed, container }) => {
      if (container.state.status === 'paused')
        throw new Error('unable to restart a container in a paused or unknown state: container state improper');
      const stopped = await stopContainer(engine, container, {
        ...(flags.time === undefined ? {} : { timeout: flags.time }),
        signal,
        warn: (message) => log('warn', message),
      });
      if (!stopped) throw new Error(`container ${typed} has gone with its end, as --rm wants it`);
      const owner = await claimForStart(engine, container.record.id, signal);
      if (owner !== 'running') await startDetached(engine, container.record, owner, signal);
      process.stdout.write(`${typed}\n`);
    });
    return undefined;
  },
});
