import { string, strings } from '@lighter/cli/flags';
import { connectNetwork } from '@lighter/engine/networks/connect';
import { podmanCommand } from '../context.ts';
import { expectArguments } from '../each.ts';

export const command = podmanCommand({
  use: 'connect [options] NETWORK CONTAINER',
  summary: 'Adds a container to a network.',
  examples: ['podman network connect web secondary', 'podman network connect --alias db web secondary'],
  flags: {
    alias: strings('add network scoped alias for container'),
    ip: string('set a static ipv4 address for this container network'),
    ip6: string('set a static ipv6 address for this container network'),
    'mac-address': string('set a static mac address for this container network'),
  },
  async run({ flags, args, context }) {
    expectArguments('network connect', args, 2, 2);
    const engine = await context.engine();
    const [network = '', name = ''] = args;
    const staticIps = [flags.ip, flags.ip6].filter((address) => address !== undefined);
    await connectNetwork(engine, await engine.containers.get(name), network, {
      ...(flags.alias ? { aliases: flags.alias } : {}),
      ...(staticIps.length > 0 ? { staticIps } : {}),
      ...(flags['mac-address'] ? { mac: flags['mac-address'] } : {}),
    });
    return undefined;
  },
});
