import { bool, string, stringList, strings } from '@lighter/cli/flags';
import { bridgeNetworks } from '@lighter/engine/networks/backend';
import { findNetwork } from '@lighter/engine/networks/find';
import { createNetwork } from '@lighter/engine/networks/manage';
import type { NetworkRoute, NetworkSubnet } from '@lighter/network/definitions/definition';
import { contains, parseSubnet } from '@lighter/network/definitions/ip';
import { leaseRange } from '@lighter/network/definitions/new-network';
import { podmanCommand } from '../context.ts';
import { expectArguments } from '../each.ts';
import { keyValues } from '../key-values.ts';

export const command = podmanCommand({
  use: 'create [options] [NAME]',
  summary: 'Creates a network that containers can join.',
  examples: ['podman network create podman1', 'podman network create --subnet 192.0.2.0/24 --gateway 192.0.2.3 mynet'],
  flags: {
    'disable-dns': bool('disable dns plugin'),
    dns: stringList('DNS servers this network will use'),
    driver: string('driver to manage the network', { short: 'd', defaultText: '"bridge"' }),
    gateway: strings('IPv4 or IPv6 gateway for the subnet'),
    ignore: bool("don't fail if network already exists"),
    'interface-name': string('interface name which is used by the driver'),
    internal: bool('restrict external access from this network'),
    'ip-range': strings('allocate container IP from range'),
    'ipam-driver': string('IP Address Management Driver'),
    ipv6: bool('enable IPv6 networking'),
    label: strings('set metadata on a network'),
    opt: strings('set driver specific options', { short: 'o' }),
    route: strings('static routes'),
    subnet: strings('subnets in CIDR format'),
  },
  async run({ flags, args, context }) {
    expectArguments('network create', args, 0, 1);
    const engine = await context.engine();
    const [name] = args;
    try {
      const network = await createNetwork(engine, {
        ...(name === undefined ? {} : { name }),
        driver: flags.driver ?? 'bridge',
        ...(flags['interface-name'] ? { interfaceName: flags['interface-name'] } : {}),
        subnets: subnetsOf(flags.subnet ?? [], flags.gateway ?? [], flags['ip-range'] ?? []),
        routes: (flags.route ?? []).map(routeOf),
        ipv6: flags.ipv6 ?? false,
        internal: flags.internal ?? false,
        dns: !flags['disable-dns'],
        dnsServers: flags.dns ?? [],
        labels: keyValues(flags.label ?? [], '--label'),
        options: keyValues(flags.opt ?? [], '--opt'),
        ipamDriver: flags['ipam-driver'] ?? '',
      });
      process.stdout.write(`${network.name}\n`);
    } catch (error) {
      if (!flags.ignore || (error as { code?: string }).code !== 'NETWORK_EXISTS') throw error;
      process.stdout.write(`${(await findNetwork(await bridgeNetworks(engine), name ?? '')).name}\n`);
    }
    return undefined;
  },
});

/** Gateways and ranges belong to the subnet of the same place, or to the one that holds them. */
function subnetsOf(
  subnets: readonly string[],
  gateways: readonly string[],
  ranges: readonly string[],
): NetworkSubnet[] {
  if (subnets.length === 0 && gateways.length > 0) throw new Error('cannot set gateway without subnet');
  if (subnets.length === 0 && ranges.length > 0) throw new Error('cannot set range without subnet');
  if (gateways.length > subnets.length || ranges.length > subnets.length) {
    throw new Error('there are more gateways or ranges than subnets');
  }
  return subnets.map((subnet) => {
    const holds = (address: string | undefined) => address !== undefined && contains(parseSubnet(subnet), address);
    const gateway = subnets.length === 1 ? gateways[0] : gateways.find(holds);
    const range = subnets.length === 1 ? ranges[0] : ranges.find((one) => holds(one.split(/[/-]/)[0]));
    return { subnet, ...(gateway ? { gateway } : {}), ...(range ? { lease_range: leaseRange(range) } : {}) };
  });
}

/** `DESTINATION,GATEWAY[,METRIC]`. */
function routeOf(text: string): NetworkRoute {
  const [destination = '', gateway = '', metric] = text.split(',');
  if (destination === '' || gateway === '' || (metric !== undefined && !/^\d+$/.test(metric))) {
    throw new Error(
      `invalid route: ${text}\nFormat: --route <destination in CIDR>,<gateway>,<route metric (optional)>`,
    );
  }
  return { destination, gateway, ...(metric === undefined ? {} : { metric: Number(metric) }) };
}
