import { bool, choice } from '@lighter/cli/flags';
import { podmanCommand } from '../context.ts';
import { each } from '../each.ts';
import { selectContainers } from '../select-containers.ts';

export const command = podmanCommand({
  use: 'mount [options] [CONTAINER...]',
  summary: "Mounts containers' root file systems, or lists what is mounted.",
  flags: {
    all: bool('mount all containers', { short: 'a' }),
    format: choice('print the mounted containers in specified format', ['json']),
    latest: bool('act on the latest container podman is aware of', { short: 'l' }),
    'no-trunc': bool('do not truncate output'),
    notruncate: bool('do not truncate output', { hidden: true }),
  },
  async run({ flags, args, context }) {
    const engine = await context.engine();
    if (process.env['_CONTAINERS_USERNS_CONFIGURED'] === 'init') {
      throw new Error('cannot run command "podman mount" in rootless mode, must execute `podman unshare` first');
    }
    if (!flags.all && !flags.latest && args.length === 0)
      return list(flags.format === 'json', flags['no-trunc'] ?? flags.notruncate ?? false);
    const selected = await selectContainers(engine, { names: args, all: flags.all, latest: flags.latest });
    await each(selected, async ({ typed, container }) => {
      const path = await engine.store.mount(container.record.id);
      process.stdout.write(selected.length > 1 ? `${typed} ${path}\n` : `${path}\n`);
    });
    return undefined;

    async function list(json: boolean, full: boolean): Promise<undefined> {
      const mounted = await engine.store.mounted();
      const known = new Set((await engine.containers.all()).map(({ record }) => record.id));
      const rows = (await engine.store.containers()).flatMap(({ id, layer, names }) => {
        const path = mounted.get(layer);
        return path !== undefined && known.has(id) ? [{ id, Names: names, mountpoint: path }] : [];
      });
      if (json) process.stdout.write(`${JSON.stringify(rows, undefined, 1)}\n`);
      else
        for (const { id, mountpoint } of rows) process.stdout.write(`${full ? id : id.slice(0, 12)}  ${mountpoint}\n`);
      return undefined;
    }
  },
});
