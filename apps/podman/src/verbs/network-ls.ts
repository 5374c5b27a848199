import { bool, string, strings } from '@lighter/cli/flags';
import { bridgeNetworks } from '@lighter/engine/networks/backend';
import { podmanCommand } from '../context.ts';
import { expectArguments } from '../each.ts';
import { networkFilter, usedNetworks } from '../network-view.ts';
import { printList } from '../print-list.ts';

export const command = podmanCommand({
  use: 'ls [options]',
  summary: 'Lists networks.',
  examples: ['podman network ls --filter driver=bridge'],
  flags: {
    filter: strings('provide filter values (e.g. name=podman)', { short: 'f' }),
    format: string('pretty-print networks to JSON or using a Go template'),
    'no-trunc': bool('do not truncate the network ID'),
    noheading: bool('do not print headers', { short: 'n' }),
    quiet: bool('display only names', { short: 'q' }),
  },
  async run({ flags, args, context }) {
    expectArguments('network ls', args, 0, 0);
    const engine = await context.engine();
    const accepts = networkFilter(flags.filter ?? [], await usedNetworks(engine));
    const networks = (await (await bridgeNetworks(engine)).networks())
      .filter(accepts)
      .sort((a, b) => (a.name < b.name ? -1 : 1));
    if (flags.quiet && flags.format === undefined) {
      for (const { name } of networks) process.stdout.write(`${name}\n`);
      return undefined;
    }
    await printList({
      rows: networks.map((network) => ({
        ...network,
        ID: flags['no-trunc'] ? network.id : network.id.slice(0, 12),
        Name: network.name,
        Driver: network.driver,
        Labels: Object.entries(network.labels ?? {})
          .map(([name, value]) => `${name}=${value}`)
          .join(','),
        Subnets: network.subnets ?? [],
      })),
      columns: [
        ['ID', 'NETWORK ID'],
        ['Name', 'NAME'],
        ['Driver', 'DRIVER'],
      ],
      json: networks,
      format: flags.format,
      noHeading: flags.noheading,
    });
    return undefined;
  },
});
