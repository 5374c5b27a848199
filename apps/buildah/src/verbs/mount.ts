import { requireMountRights } from '@lighter/build/builder';
import { listBuilders, openBuilder } from '@lighter/build/open-builder';
import { bool } from '@lighter/cli/flags';
import { buildahCommand } from '../context.ts';
import { forEachName } from '../each.ts';
import { printJson } from '../json.ts';

export const command = buildahCommand({
  use: 'mount [flags] [CONTAINER...]',
  summary:
    'Mounts the root file systems of working containers and prints their paths; without a name, lists what is mounted.',
  flags: { json: bool('output in JSON format'), notruncate: bool('do not truncate output', { hidden: true }) },
  async run({ flags, args, context, signal }) {
    const store = await context.store();
    requireMountRights(store);
    const mounts: { container?: string; mountPoint: string }[] = [];
    if (args.length === 0) {
      const mounted = await store.mounted();
      for (const builder of await listBuilders(store)) {
        const mountPoint = mounted.get(builder.container.layer);
        if (mountPoint !== undefined) mounts.push({ container: builder.name, mountPoint });
      }
    }
    const print = () => {
      if (flags.json) printJson(mounts);
      else
        for (const { container, mountPoint } of mounts)
          process.stdout.write(`${container ? `${container} ` : ''}${mountPoint}\n`);
    };
    try {
      await forEachName(
        args,
        async (name) => {
          const mountPoint = await (await openBuilder(store, name, { adopt: true })).mount();
          mounts.push(args.length > 1 ? { container: name, mountPoint } : { mountPoint });
        },
        signal,
      );
    } finally {
      print();
    }
  },
});
