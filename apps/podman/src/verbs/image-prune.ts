import { bool, strings } from '@lighter/cli/flags';
import { confirm } from '../confirm.ts';
import { podmanCommand } from '../context.ts';
import { expectArguments } from '../each.ts';
import { listImages } from '../image-list.ts';

export const command = podmanCommand({
  use: 'image prune [options]',
  summary: 'Remove unused images',
  examples: ['podman image prune', 'podman image prune --all --force'],
  flags: {
    all: bool('remove all images not in use by containers, not just dangling ones', { short: 'a' }),
    filter: strings('provide filter values (e.g. label=<key>=<value>)'),
    force: bool('do not prompt for confirmation', { short: 'f' }),
  },
  async run({ flags, args, context }) {
    expectArguments('image prune', args, 0, 0);
    const store = await context.store();
    const what = flags.all ? 'all images without at least one container associated to them' : 'all dangling images';
    if (!flags.force && !(await confirm(`WARNING! This command removes ${what}.`))) return undefined;
    // An image on whose layers another was built goes once that one has gone.
    for (let removed = true; removed; ) {
      removed = false;
      for (const { image, containers } of await listImages(store, { all: true, filters: flags.filter ?? [] })) {
        if (image.readOnly || containers > 0 || (!flags.all && image.names.length > 0)) continue;
        try {
          await store.deleteImage(image.id);
          removed = true;
          process.stdout.write(`${image.id}\n`);
        } catch (error) {
          if (!['IN_USE', 'IMAGE_UNKNOWN'].includes((error as { code?: string }).code ?? '')) throw error;
        }
      }
    }
    return undefined;
  },
});
