import { bool, strings } from '@lighter/cli/flags';
import { removeVolume } from '@lighter/engine/volumes/remove';
import { confirm } from '../confirm.ts';
import { podmanCommand } from '../context.ts';
import { expectArguments } from '../each.ts';
import { usedVolumes, volumeFilter } from '../volume-view.ts';

export const command = podmanCommand({
  use: 'prune [options]',
  summary: 'Removes all volumes that no container uses.',
  flags: {
    filter: strings('provide filter values (e.g. label=<key>=<value>)'),
    force: bool('do not prompt for confirmation', { short: 'f' }),
  },
  async run({ flags, args, context }) {
    expectArguments('volume prune', args, 0, 0);
    const engine = await context.engine();
    const used = await usedVolumes(engine);
    // Upstream's two words for the same thing; all unused ones go anyway.
    const filters = (flags.filter ?? []).filter((text) => !/^all=/.test(text));
    const unused = (await engine.volumes.all())
      .filter(({ name }) => !used.has(name))
      .filter(volumeFilter(filters, used));
    if (!flags.force) {
      const warning =
        'WARNING! This will remove all volumes not used by at least one container. The following volumes will be removed:';
      if (unused.length === 0) {
        process.stdout.write('No dangling volumes found\n');
        return undefined;
      }
      if (!(await confirm([warning, ...unused.map(({ name }) => name)].join('\n')))) return undefined;
    }
    for (const volume of unused) {
      try {
        await removeVolume(engine, volume);
        process.stdout.write(`${volume.name}\n`);
      } catch (error) {
        // A container has come to use it meanwhile.
        if ((error as { code?: string }).code !== 'VOLUME_IN_USE') throw error;
      }
    }
    return undefined;
  },
});
