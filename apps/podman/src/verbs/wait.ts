import { parseDuration } from '@lighter/cli/duration';
import { bool, string, stringList } from '@lighter/cli/flags';
import type { ContainerStatus } from '@lighter/engine/record';
import { waitContainer } from '@lighter/engine/wait';
import { podmanCommand } from '../context.ts';
import { each } from '../each.ts';
import { selectContainers } from '../select-containers.ts';

/** The command line's names of what a container can be. */
const conditions: Readonly<Record<string, ContainerStatus>> = {
  configured: 'created',
  created: 'created',
  exited: 'exited',
  initialized: 'initialized',
  paused: 'paused',
  removing: 'removing',
  running: 'running',
  stopped: 'stopped',
  stopping: 'stopping',
};

export const command = podmanCommand({
  use: 'wait [options] CONTAINER [CONTAINER...]',
  summary: 'Waits until containers have ended and prints their exit codes.',
  examples: ['podman wait ctrID', 'podman wait --condition=running --interval 500 ctrID'],
  flags: {
    condition: stringList('condition to wait on'),
    ignore: bool('ignore if a container does not exist'),
    interval: string('time interval to wait before polling for completion', { short: 'i' }),
    latest: bool('act on the latest container podman is aware of', { short: 'l' }),
  },
  async run({ flags, args, context, signal }) {
    const wanted = flags.condition?.map(conditionOf);
    const interval = flags.interval === undefined ? undefined : intervalOf(flags.interval);
    const engine = await context.engine();
    const selected = await selectContainers(engine, { names: args, latest: flags.latest, ignore: flags.ignore });
    await each(selected, async ({ container }) => {
      const code = await waitContainer(engine, container.record.id, {
        signal,
        ...(wanted ? { conditions: wanted } : {}),
        ...(interval === undefined ? {} : { interval }),
      });
      process.stdout.write(`${code}\n`);
    });
    return undefined;
  },
});

function conditionOf(name: string): ContainerStatus {
  const condition = Object.hasOwn(conditions, name) ? conditions[name] : undefined;
  if (condition === undefined) throw new Error(`invalid container wait condition ${JSON.stringify(name)}`);
  return condition;
}

/** Milliseconds of `500` (milliseconds) or a duration in Go's notation. */
function intervalOf(text: string): number {
  const interval = /^\d+$/.test(text) ? Number(text) : parseDuration(text) / 1e6;
  if (interval < 0) throw new Error(`invalid interval ${JSON.stringify(text)}`);
  return interval;
}
