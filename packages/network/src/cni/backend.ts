/** Container networks through CNI plugins. */
import { existsSync } from 'node:fs';
import type { CniNetworkList, CniResult } from '@lighter/spec/cni';
import { DEFAULT_NETWORK, DEFAULT_NETWORK_ID, type NetworkDefinition } from '../definitions/definition.ts';
import { NetworkError } from '../errors.ts';
import { runProgram } from '../program.ts';
import type { Attachment, BridgeBackend, InterfaceStatus, NetworkRequest, NetworkStatus } from '../types.ts';
import { CNI_CACHE_DIRECTORY } from './cache.ts';
import { CNI_CONFIG_DIRECTORY, loadNetworks } from './config.ts';
import { defaultNetwork } from './default-network.ts';
import { cniListOf, definitionOf, networkFile, removeCniList, writeCniList } from './definition.ts';
import { type AttachmentCall, addAttachment, type CniPlaces, deleteAttachment } from './operations.ts';

export interface CniOptions {
  /** containers.conf `network_config_dir`. Default: /etc/cni/net.d. */
  readonly configDirectory?: string;
  /** containers.conf `cni_plugin_dirs`. */
  readonly pluginDirectories: readonly string[];
  /** Default: /var/lib/cni, shared with other users of libcni. */
  readonly cacheDirectory?: string;
  /** Of the network `podman` where no file describes it. */
  readonly defaultSubnet: string;
}

export class CniBackend implements BridgeBackend {
  readonly name = 'cni';
  readonly bridgePrefix = 'cni-podman';
  readonly #options: CniOptions;
  readonly #places: CniPlaces;

  constructor(options: CniOptions) {
    this.#options = options;
    this.#places = {
      pluginDirectories: options.pluginDirectories,
      cacheDirectory: options.cacheDirectory ?? CNI_CACHE_DIRECTORY,
    };
  }

  /** All of the request's networks, or none: what was added before a failure is deleted again. */
  async setup(request: NetworkRequest): Promise<NetworkStatus> {
    const networks = this.#networks();
    const lists = request.attachments.map(({ network, options }) => {
      const [option] = Object.keys(options ?? {});
      if (option !== undefined) {
        throw new NetworkError('UNSUPPORTED', `the network backend cni doesn't know the option ${option}`);
      }
      const list = networks.get(network);
      if (!list) {
        throw new NetworkError(
          'NETWORK_UNKNOWN',
          `unable to find network with name or ID ${network}: network not found`,
        );
      }
      return list;
    });
    const interfaces: InterfaceStatus[] = [];
    const dnsServers: string[] = [];
    const dnsSearch: string[] = [];
    try {
      for (const [index, attachment] of request.attachments.entries()) {
        const list = lists[index] as CniNetworkList;
        const result = await addAttachment(list, attachmentCall(request, attachment), this.#places);
        interfaces.push(...interfaceStatus(attachment, result));
        dnsServers.push(...(result.dns?.nameservers ?? []));
        dnsSearch.push(...(result.dns?.search ?? []), ...(result.dns?.domain ? [result.dns.domain] : []));
      }
    } catch (error) {
      // The first error is the one to tell; the caller's own clean-up meets what is still there.
      await this.teardown(request).catch(() => {});
      throw error;
    }
    return { interfaces, dnsServers, dnsSearch };
  }

  async teardown(request: NetworkRequest): Promise<void> {
    const networks = this.#networks();
    const failures: unknown[] = [];
    for (const attachment of request.attachments.toReversed()) {
      const call = attachmentCall(request, attachment);
      try {
        await deleteAttachment(attachment.network, networks.get(attachment.network), call, this.#places);
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) {
      throw new NetworkError('TEARDOWN_INCOMPLETE', (failures[0] as Error).message, {
        cause: new AggregateError(failures),
      });
    }
  }

  async networks(): Promise<NetworkDefinition[]> {
    return [...this.#networks().values()].map((list) => {
      const definition = definitionOf(list, networkFile(this.#directory, list.name));
      return list.name === DEFAULT_NETWORK ? { ...definition, id: DEFAULT_NETWORK_ID } : definition;
    });
  }

  async save(network: NetworkDefinition): Promise<void> {
    const { pluginDirectories } = this.#options;
    const hasPlugin = (type: string) => pluginDirectories.some((directory) => existsSync(`${directory}/${type}`));
    writeCniList(this.#directory, cniListOf(network, hasPlugin));
  }

  /** With the bridge, which CNI's plugins leave. */
  async remove(network: NetworkDefinition): Promise<void> {
    removeCniList(this.#directory, network.name);
    if (network.driver !== 'bridge' || !network.network_interface) return;
    const program = ['/usr/sbin/ip', '/sbin/ip', '/usr/bin/ip', '/bin/ip'].find((path) => existsSync(path));
    // One that was never used isn't there.
    if (program) await runProgram({ file: program, args: ['link', 'delete', 'dev', network.network_interface] });
  }

  get #directory(): string {
    return this.#options.configDirectory ?? CNI_CONFIG_DIRECTORY;
  }

  #networks(): ReadonlyMap<string, CniNetworkList> {
    const { networks } = loadNetworks(this.#directory);
    if (networks.has(DEFAULT_NETWORK)) return networks;
    return new Map([...networks, [DEFAULT_NETWORK, defaultNetwork(this.#options.defaultSubnet)]]);
  }
}

function attachmentCall(request: NetworkRequest, attachment: Attachment): AttachmentCall {
  const { staticIps = [], mac, aliases = [] } = attachment;
  const portMappings = request.ports.flatMap(({ hostIp, hostPort, containerPort, range, protocol }) =>
    Array.from({ length: range }, (_, offset) => ({
      hostPort: hostPort + offset,
      containerPort: containerPort + offset,
      protocol,
      hostIP: hostIp,
    })),
  );
  return {
    containerId: request.containerId,
    netns: request.netns,
    interfaceName: attachment.interfaceName,
    args: [
      ['IgnoreUnknown', '1'],
      ['K8S_POD_NAME', request.containerName],
      // For plugins that don't declare the capabilities of the same meaning.
      ...(staticIps[0] === undefined ? [] : [['IP', staticIps[0]] as const]),
      ...(mac === undefined ? [] : [['MAC', mac] as const]),
    ],
    capabilityArguments: {
      ...(portMappings.length > 0 ? { portMappings } : {}),
      ...(staticIps.length > 0 ? { ips: staticIps } : {}),
      ...(mac === undefined ? {} : { mac }),
      ...(aliases.length > 0 ? { aliases: { [attachment.network]: aliases } } : {}),
    },
  };
}

/** Interfaces inside the container with the addresses that belong to them; old results name no interfaces. */
function interfaceStatus(attachment: Attachment, result: CniResult): InterfaceStatus[] {
  const { interfaces = [], ips = [] } = result;
  const inside = interfaces.map((one, index) => ({ ...one, index })).filter(({ sandbox }) => sandbox);
  const own = inside.length > 0 ? inside : [{ name: attachment.interfaceName, mac: '', index: -1 }];
  return own.map(({ name, mac, index }) => {
    const addresses = ips.filter((ip) => ip.interface === undefined || ip.interface === index || index === -1);
    return {
      network: attachment.network,
      interfaceName: name,
      mac: mac ?? '',
      addresses: addresses.map(({ address }) => address),
      gateways: addresses.flatMap(({ gateway }) => (gateway ? [gateway] : [])),
    };
  });
}
