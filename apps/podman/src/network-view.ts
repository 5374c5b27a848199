/** Networks as `inspect` and `--filter` show them. */
import type { Engine } from '@lighter/engine/engine';
import { networkUsers } from '@lighter/engine/networks/manage';
import type { NetworkDefinition } from '@lighter/network/definitions/definition';
import { booleanOf, labelTest, objectFilter, untilTest } from './object-filters.ts';

/** With the running containers that are connected. */
export async function inspectNetwork(engine: Engine, network: NetworkDefinition): Promise<object> {
  const containers = (await networkUsers(engine, network.name)).flatMap(({ record, state }) => {
    const own = state.network?.interfaces.filter((one) => one.network === network.name) ?? [];
    if (own.length === 0) return [];
    const interfaces = own.map(({ interfaceName, addresses, gateways, mac }) => [
      interfaceName,
      {
        subnets: addresses.map((ipnet, index) => ({ ipnet, ...(gateways[index] ? { gateway: gateways[index] } : {}) })),
        mac_address: mac,
      },
    ]);
    return [[record.id, { name: record.name, interfaces: Object.fromEntries(interfaces) }] as const];
  });
  return { ...network, containers: Object.fromEntries(containers) };
}

/** `used`: names of the networks that containers are connected to. */
export function networkFilter(
  texts: readonly string[],
  used: ReadonlySet<string>,
): (network: NetworkDefinition) => boolean {
  type Labelled = NetworkDefinition & { readonly labels: Readonly<Record<string, string>> };
  const accepts = objectFilter<Labelled>(texts, {
    name: (value) => {
      const pattern = new RegExp(value);
      return ({ name }) => pattern.test(name);
    },
    id:
      (value) =>
      ({ id }) =>
        id.startsWith(value),
    driver:
      (value) =>
      ({ driver }) =>
        driver === value,
    label: labelTest,
    until: untilTest,
    dangling: (value) => {
      const wanted = booleanOf(value);
      return ({ name }) => used.has(name) !== wanted;
    },
  });
  return (network) => accepts({ ...network, labels: network.labels ?? {} });
}

export async function usedNetworks(engine: Engine): Promise<ReadonlySet<string>> {
  const containers = await engine.containers.all();
  return new Set(
    containers.flatMap(({ record: { config } }) =>
      config.network.mode === 'bridge' ? config.network.attachments.map(({ network }) => network) : [],
    ),
  );
}
