/** Container networks through CNI plugins. */
import type { CniNetworkList, CniResult } from '@lighter/spec/cni';
import { NetworkError } from '../errors.ts';
import type { Attachment, InterfaceStatus, NetworkBackend, NetworkRequest, NetworkStatus } from '../types.ts';
import { CNI_CACHE_DIRECTORY } from './cache.ts';
import { CNI_CONFIG_DIRECTORY, loadNetworks } from './config.ts';
import { DEFAULT_NETWORK, defaultNetwork } from './default-network.ts';
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

export class CniBackend implements NetworkBackend {
  readonly name = 'cni';
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
    const lists = request.attachments.map(({ network }) => {
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

  #networks(): ReadonlyMap<string, CniNetworkList> {
    const { networks } = loadNetworks(this.#options.configDirectory ?? CNI_CONFIG_DIRECTORY);
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
