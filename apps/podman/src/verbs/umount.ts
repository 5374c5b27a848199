import { bool } from '@lighter/cli/flags';
import { podmanCommand } from '../context.ts';
import { each } from '../each.ts';
import { selectContainers } from '../select-containers.ts';

export const command = podmanCommand({
  use: 'umount [options] CONTAINER [CONTAINER...]',
  summary: "Unmounts containers' root file systems; one that is used by others stays mounted for them.",
  flags: {
    all: bool('unmount all containers', { short: 'a' }),
    force: bool('force the complete unmount of all of the currently mounted containers', { short: 'f' }),
    latest: bool('act on the latest container podman is aware of', { short: 'l' }),
  },
  async run({ flags, args, context }) {
    const engine = await context.engine();
    const selected = await selectContainers(engine, { names: args, all: flags.all, latest: flags.latest });
    const mounted = await engine.store.mounted();
    await each(selected, async ({ typed, container }) => {
      const { layer } = await engine.store.container(container.record.id);
      if (!mounted.has(layer)) {
        if (flags.all) return;
        throw new Error(`container ${typed} is not mounted`);
      }
      await engine.store.unmount(container.record.id, { force: flags.force ?? false });
      process.stdout.write(`${typed}\n`);
    });
    return undefined;
  },
});
