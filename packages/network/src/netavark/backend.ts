/** Container networks through netavark. */
import { existsSync, mkdirSync } from 'node:fs';
import type { NetworkDefinition } from '../definitions/definition.ts';
import { NetworkError } from '../errors.ts';
import { runProgram } from '../program.ts';
import type { Attachment, BridgeBackend, InterfaceStatus, NetworkRequest, NetworkStatus } from '../types.ts';
import { readNetworks, removeNetwork, writeNetwork } from './files.ts';
import { AddressPools } from './ipam.ts';

export interface NetavarkOptions {
  /** Absolute path of netavark. */
  readonly program: string;
  /** Absolute path of aardvark-dns; without it names of containers aren't found. */
  readonly dnsProgram: string | undefined;
  /** Files of networks. */
  readonly configDirectory: string;
  /** Of netavark and aardvark-dns while the machine runs. */
  readonly runDirectory: string;
  /** Of the network `podman` where no file describes it. */
  readonly defaultSubnet: string;
  readonly pluginDirectories: readonly string[];
  /** containers.conf `firewall_driver`; '' leaves it to netavark. */
  readonly firewallDriver: string;
  /** Port that aardvark-dns listens on; 0 is 53. */
  readonly dnsPort: number;
}

interface PerNetwork {
  readonly interface_name: string;
  readonly static_ips?: readonly string[];
  readonly static_mac?: string;
  readonly aliases?: readonly string[];
  readonly options?: Readonly<Record<string, string>>;
}

interface StatusBlock {
  readonly dns_search_domains?: readonly string[];
  readonly dns_server_ips?: readonly string[];
  readonly interfaces?: Readonly<
    Record<
      string,
      {
        readonly mac_address: string;
        readonly subnets?: readonly { readonly gateway?: string; readonly ipnet: string }[];
      }
    >
  >;
}

export class NetavarkBackend implements BridgeBackend {
  readonly name = 'netavark';
  readonly bridgePrefix = 'podman';
  readonly #options: NetavarkOptions;
  readonly #pools: AddressPools;

  constructor(options: NetavarkOptions) {
    this.#options = options;
    this.#pools = new AddressPools(options.runDirectory);
  }

  async networks(): Promise<NetworkDefinition[]> {
    return readNetworks(this.#options.configDirectory, this.#options.defaultSubnet);
  }

  async save(network: NetworkDefinition): Promise<void> {
    writeNetwork(this.#options.configDirectory, network);
  }

  async remove(network: NetworkDefinition): Promise<void> {
    removeNetwork(this.#options.configDirectory, network.name);
    await this.#pools.forget(network.name);
  }

  async setup(request: NetworkRequest): Promise<NetworkStatus> {
    const networks = await this.#networksOf(request);
    const addresses = new Map<string, readonly string[]>();
    try {
      for (const attachment of request.attachments) {
        const network = networks.get(attachment.network) as NetworkDefinition;
        addresses.set(
          attachment.network,
          await this.#pools.allocate(network, request.containerId, attachment.staticIps ?? []),
        );
      }
      const output = await this.#call('setup', request, networks, addresses);
      return statusOf(request, JSON.parse(output) as Record<string, StatusBlock>);
    } catch (error) {
      await this.teardown(request).catch(() => {});
      throw error;
    }
  }

  /** netavark wants the addresses that it was given: a network that gave none was never set up, or is down already. */
  async teardown(request: NetworkRequest): Promise<void> {
    const networks = await this.#networksOf(request, true);
    const addresses = new Map<string, readonly string[]>();
    for (const { network } of request.attachments) {
      const definition = networks.get(network);
      const own = definition ? await this.#pools.ownedBy(definition.name, request.containerId) : [];
      if (own.length > 0 || (definition && !definition.subnets)) addresses.set(network, own);
    }
    const attachments = request.attachments.filter(({ network }) => addresses.has(network));
    try {
      // With the namespace its interfaces have gone.
      if (attachments.length > 0 && existsSync(request.netns)) {
        await this.#call('teardown', { ...request, attachments }, networks, addresses);
      }
    } finally {
      for (const { network } of attachments) {
        await this.#pools.release(networks.get(network)?.name ?? network, request.containerId);
      }
    }
  }

  async #networksOf(request: NetworkRequest, lenient = false): Promise<ReadonlyMap<string, NetworkDefinition>> {
    const all = await this.networks();
    const found = new Map<string, NetworkDefinition>();
    for (const { network: name } of request.attachments) {
      const network = all.find((one) => one.name === name) ?? all.find((one) => one.id.startsWith(name));
      if (network) found.set(name, network);
      else if (!lenient) {
        throw new NetworkError('NETWORK_UNKNOWN', `unable to find network with name or ID ${name}: network not found`);
      }
    }
    return found;
  }

  async #call(
    command: 'setup' | 'teardown',
    request: NetworkRequest,
    networks: ReadonlyMap<string, NetworkDefinition>,
    addresses: ReadonlyMap<string, readonly string[]>,
  ): Promise<string> {
    const { program, dnsProgram, runDirectory, pluginDirectories, firewallDriver, dnsPort } = this.#options;
    mkdirSync(runDirectory, { recursive: true, mode: 0o755 });
    const args = [
      ...['--config', runDirectory, '--rootless=false'],
      ...(dnsProgram === undefined ? [] : [`--aardvark-binary=${dnsProgram}`]),
      ...(pluginDirectories.length > 0
        ? pluginDirectories.flatMap((directory) => ['--plugin-directory', directory])
        : []),
      ...[command, request.netns],
    ];
    const own = Object.entries(process.env).map(([name, value]) => `${name}=${value}`);
    const env = [
      ...own,
      'RUST_LOG=netavark=warn',
      ...(firewallDriver === '' ? [] : [`NETAVARK_FW=${firewallDriver}`]),
      ...(dnsPort === 0 ? [] : [`NETAVARK_DNS_PORT=${dnsPort}`]),
    ];
    let result: Awaited<ReturnType<typeof runProgram>>;
    try {
      // What outlives netavark is aardvark-dns, which mustn't hold a pipe of ours.
      result = await runProgram({
        file: program,
        args,
        env,
        input: JSON.stringify(input(request, networks, addresses, dnsProgram !== undefined)),
        discardErrors: true,
      });
    } catch (cause) {
      throw new NetworkError('PLUGIN_FAILED', `starting ${program}: ${(cause as Error).message}`, { cause });
    }
    if (result.status === 0) return result.stdout;
    throw new NetworkError('PLUGIN_FAILED', `netavark: ${errorText(result.stdout) || `exit status ${result.status}`}`);
  }
}

function input(
  request: NetworkRequest,
  networks: ReadonlyMap<string, NetworkDefinition>,
  addresses: ReadonlyMap<string, readonly string[]>,
  dns: boolean,
): object {
  const shortId = request.containerId.slice(0, 12);
  const perNetwork = (attachment: Attachment): PerNetwork => {
    const ips = addresses.get(attachment.network) ?? [];
    const named = networks.get(attachment.network)?.dns_enabled && dns;
    return {
      ...(ips.length > 0 ? { static_ips: ips } : {}),
      ...(named ? { aliases: [...new Set([...(attachment.aliases ?? []), shortId])] } : {}),
      interface_name: attachment.interfaceName,
      ...(attachment.mac === undefined ? {} : { static_mac: attachment.mac }),
      ...(attachment.options ? { options: attachment.options } : {}),
    };
  };
  return {
    container_id: request.containerId,
    container_name: request.containerName,
    port_mappings: request.ports.map(({ hostIp, hostPort, containerPort, range, protocol }) => ({
      host_ip: hostIp,
      container_port: containerPort,
      host_port: hostPort,
      range,
      protocol,
    })),
    ...(request.dnsServers?.length ? { dns_servers: request.dnsServers } : {}),
    networks: Object.fromEntries(
      request.attachments.map((attachment) => [
        networks.get(attachment.network)?.name ?? attachment.network,
        perNetwork(attachment),
      ]),
    ),
    network_info: Object.fromEntries(
      [...networks.values()].map((network) => [network.name, dns ? network : { ...network, dns_enabled: false }]),
    ),
  };
}

function statusOf(request: NetworkRequest, blocks: Readonly<Record<string, StatusBlock>>): NetworkStatus {
  const interfaces: InterfaceStatus[] = [];
  for (const { network } of request.attachments) {
    for (const [interfaceName, one] of Object.entries(blocks[network]?.interfaces ?? {})) {
      interfaces.push({
        network,
        interfaceName,
        mac: one.mac_address,
        addresses: (one.subnets ?? []).map(({ ipnet }) => ipnet),
        gateways: (one.subnets ?? []).flatMap(({ gateway }) => (gateway ? [gateway] : [])),
      });
    }
  }
  const all = Object.values(blocks);
  return {
    interfaces,
    dnsServers: [...new Set(all.flatMap((block) => block.dns_server_ips ?? []))],
    dnsSearch: [...new Set(all.flatMap((block) => block.dns_search_domains ?? []))],
  };
}

function errorText(output: string): string {
  try {
    return (JSON.parse(output) as { error?: string }).error ?? '';
  } catch {
    return output.trim();
  }
}
