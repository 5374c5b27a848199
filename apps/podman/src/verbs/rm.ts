import { bool, int, strings } from '@lighter/cli/flags';
import { log } from '@lighter/cli/log';
import { removeContainerByUser } from '@lighter/engine/remove';
import { sweepContainers } from '@lighter/engine/sweep';
import { namesWithCidFiles } from '../cid-files.ts';
import { podmanCommand } from '../context.ts';
import { each } from '../each.ts';

export const command = podmanCommand({
  use: 'rm [options] CONTAINER [CONTAINER...]',
  summary: 'Removes one or more containers from the host.',
  examples: ['podman rm mywebserver', 'podman rm --force --all'],
  flags: {
    all: bool('remove all containers', { short: 'a' }),
    cidfile: strings('read the container ID from the file'),
    depend: bool('remove container and all containers that depend on the selected container'),
    force: bool('force removal of a running container', { short: 'f' }),
    ignore: bool('ignore errors when a specified container is missing', { short: 'i' }),
    latest: bool('act on the latest container podman is aware of', { short: 'l' }),
    time: int('seconds to wait for stop before killing the container', { short: 't' }),
    volumes: bool('remove anonymous volumes associated with the container', { short: 'v' }),
  },
  async run({ flags, args, context, signal }) {
    const engine = await context.engine();
    await sweepContainers(engine);
    const names = namesWithCidFiles(args, flags.cidfile);
    if (!flags.all && !flags.latest && names.length === 0) throw new Error('you must provide at least one name or id');
    if (flags.all && names.length > 0) throw new Error('no arguments are needed with --all');
    const all = await engine.containers.all();
    const targets = flags.all
      ? all.map(({ record }) => record.id)
      : flags.latest
        ? all.slice(-1).map(({ record }) => record.id)
        : names;
    await each(
      targets,
      async (name) => {
        const container = await engine.containers.find(name);
        if (!container) {
          if (flags.ignore || flags.force || flags.all) return;
          await removeExternal(name);
        } else {
          await removeContainerByUser(engine, container, {
            force: flags.force ?? false,
            volumes: flags.volumes ?? false,
            depend: flags.depend || flags.all || false,
            ...(flags.time === undefined ? {} : { timeout: flags.time }),
            signal,
            warn: (message) => log('warn', message),
          });
        }
        process.stdout.write(`${name}\n`);
      },
      statusOf,
    );
    return undefined;

    /** Containers of other tools in the same store: removed by name, unless they are mounted. */
    async function removeExternal(name: string): Promise<void> {
      let id: string;
      try {
        ({ id } = await engine.store.container(name));
      } catch (error) {
        if ((error as { code?: string }).code !== 'CONTAINER_UNKNOWN') throw error;
        await engine.containers.get(name); // throws with the engine's words
        return;
      }
      await engine.store.deleteContainer(id);
    }
  },
});

/** 1: not there; 2: in a state that forbids it. */
function statusOf(error: unknown): number {
  const { code } = error as { code?: string };
  return code === 'CONTAINER_UNKNOWN' ? 1 : code === 'STATE_IMPROPER' ? 2 : 125;
}
