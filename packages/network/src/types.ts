/** Networks of containers: what the backends have in common. */

import type { NetworkDefinition } from './definitions/definition.ts';

export interface PortMapping {
  readonly hostIp: string;
  readonly hostPort: number;
  readonly containerPort: number;
  /** Number of consecutive ports. */
  readonly range: number;
  readonly protocol: 'tcp' | 'udp' | 'sctp';
}

/** One network that a container joins. */
export interface Attachment {
  readonly network: string;
  readonly interfaceName: string;
  readonly staticIps?: readonly string[];
  readonly mac?: string;
  readonly aliases?: readonly string[];
  /** Of the network's driver. */
  readonly options?: Readonly<Record<string, string>>;
}

export interface NetworkRequest {
  readonly containerId: string;
  readonly containerName: string;
  /** Path of the pinned network namespace. */
  readonly netns: string;
  readonly attachments: readonly Attachment[];
  readonly ports: readonly PortMapping[];
  /** `--dns`: whom the network's own name server asks for this container. */
  readonly dnsServers?: readonly string[];
}

export interface InterfaceStatus {
  readonly network: string;
  readonly interfaceName: string;
  readonly mac: string;
  /** With prefix length: `10.88.0.2/16`. */
  readonly addresses: readonly string[];
  readonly gateways: readonly string[];
}

export interface NetworkStatus {
  readonly interfaces: readonly InterfaceStatus[];
  readonly dnsServers: readonly string[];
  readonly dnsSearch: readonly string[];
  /** A name server on the link that asks the host's ones. */
  readonly dnsForwarder?: string;
  /** Leads to the host, where that is no gateway. */
  readonly hostAddress?: string;
}

export interface NetworkBackend {
  readonly name: 'cni' | 'netavark' | 'pasta' | 'slirp4netns';
  setup(request: NetworkRequest): Promise<NetworkStatus>;
  /** Must succeed when things are already gone. */
  teardown(request: NetworkRequest): Promise<void>;
}

/** Networks that several containers may be in, and that users make and remove. */
export interface BridgeBackend extends NetworkBackend {
  readonly name: 'cni' | 'netavark';
  /** Beginning of the names of bridges. */
  readonly bridgePrefix: string;
  networks(): Promise<NetworkDefinition[]>;
  /** Makes it, or replaces the one of that name. */
  save(network: NetworkDefinition): Promise<void>;
  remove(network: NetworkDefinition): Promise<void>;
}
