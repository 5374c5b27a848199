import { bool, string, strings } from '@lighter/cli/flags';
import { podmanCommand } from '../context.ts';
import { expectArguments } from '../each.ts';
import { printList } from '../print-list.ts';
import { inspectVolume, usedVolumes, volumeFilter } from '../volume-view.ts';

export const command = podmanCommand({
  use: 'ls [options]',
  summary: 'Lists volumes.',
  examples: ['podman volume ls --format json', "podman volume ls --filter 'label=stage=test'"],
  flags: {
    filter: strings('filter volume output', { short: 'f' }),
    format: string('format volume output using Go template or JSON'),
    noheading: bool('do not print headers', { short: 'n' }),
    quiet: bool('print volume output in quiet mode', { short: 'q' }),
  },
  async run({ flags, args, context }) {
    expectArguments('volume ls', args, 0, 0);
    if (flags.quiet && flags.format !== undefined) throw new Error('quiet and format flags cannot be used together');
    const engine = await context.engine();
    const accepts = volumeFilter(flags.filter ?? [], await usedVolumes(engine));
    const volumes = (await engine.volumes.all()).filter(accepts);
    if (flags.quiet) {
      for (const { name } of volumes) process.stdout.write(`${name}\n`);
      return undefined;
    }
    const rows = [];
    for (const volume of volumes) {
      const labels = Object.entries(volume.labels).map(([name, value]) => `${name}=${value}`);
      rows.push({
        ...(await inspectVolume(engine, volume)),
        Driver: volume.driver,
        Name: volume.name,
        Labels: labels.join(','),
      });
    }
    await printList({
      rows,
      columns: [
        ['Driver', 'DRIVER'],
        ['Name', 'VOLUME NAME'],
      ],
      json: flags.format === 'json' ? await Promise.all(volumes.map((volume) => inspectVolume(engine, volume))) : [],
      format: flags.format,
      noHeading: flags.noheading,
    });
    return undefined;
  },
});
