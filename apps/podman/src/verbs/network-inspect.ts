import { string } from '@lighter/cli/flags';
import { ExitStatus } from '@lighter/cli/program';
import { bridgeNetworks } from '@lighter/engine/networks/backend';
import { findNetwork } from '@lighter/engine/networks/find';
import { podmanCommand } from '../context.ts';
import { expectArguments } from '../each.ts';
import { inspectNetwork } from '../network-view.ts';
import { printObjects } from '../print-list.ts';

export const command = podmanCommand({
  use: 'inspect [options] NETWORK [NETWORK...]',
  summary: 'Displays the configuration of one or more networks.',
  examples: ['podman network inspect podman'],
  flags: { format: string('pretty-print network to JSON or using a Go template', { short: 'f' }) },
  async run({ flags, args, context }) {
    expectArguments('network inspect', args, 1);
    const engine = await context.engine();
    const backend = await bridgeNetworks(engine);
    const objects: object[] = [];
    const failures: string[] = [];
    for (const name of args) {
      try {
        objects.push(await inspectNetwork(engine, await findNetwork(backend, name)));
      } catch (error) {
        if ((error as { code?: string }).code !== 'NETWORK_UNKNOWN') throw error;
        failures.push(`network ${name}: ${(error as Error).message}`);
      }
    }
    await printObjects(objects, flags.format);
    for (const failure of failures) process.stderr.write(`Error: ${failure}\n`);
    if (failures.length > 0) throw new ExitStatus(125);
    return undefined;
  },
});
