/** Connecting containers that exist to networks, and taking them off. */
import { closeSync } from 'node:fs';
import { netnsPath } from '@lighter/container/config';
import { rewriteHosts } from '@lighter/container/files/generated';
import { openRoot } from '@lighter/container/rootfs';
import type { Attachment, NetworkRequest, NetworkStatus } from '@lighter/network/types';
import type { Engine } from '../engine.ts';
import { EngineError } from '../errors.ts';
import { type ContainerRecord, isGoingOn } from '../record.ts';
import type { Container } from '../state/containers.ts';
import { bridgeNetworks } from './backend.ts';
import { findNetwork } from './find.ts';

type BridgeNetwork = Extract<ContainerRecord['config']['network'], { mode: 'bridge' }>;

const nothing: NetworkStatus = { interfaces: [], dnsServers: [], dnsSearch: [] };

/** A running container gets its interface at once, another one at its next start. */
export async function connectNetwork(
  engine: Engine,
  { record, state }: Container,
  name: string,
  how: Omit<Attachment, 'network' | 'interfaceName'> & { readonly interfaceName?: string },
): Promise<void> {
  const bridge = bridgeOf(record);
  const backend = await bridgeNetworks(engine);
  const { name: network } = await findNetwork(backend, name);
  if (bridge.attachments.some((one) => one.network === network)) {
    throw new EngineError(
      'STATE_IMPROPER',
      `container ${record.id} is already connected to network ${JSON.stringify(network)}: network is already connected`,
    );
  }
  const taken = new Set(bridge.attachments.map(({ interfaceName }) => interfaceName));
  const { interfaceName = freeInterface(taken), ...rest } = how;
  const attachment: Attachment = { network, interfaceName, ...rest };
  const updated = withAttachments(record, [...bridge.attachments, attachment]);
  if (isGoingOn(state)) {
    const before = state.network ?? nothing;
    const added = await backend.setup(requestOf(engine, record, [attachment]));
    const status: NetworkStatus = {
      ...before,
      interfaces: [...before.interfaces, ...added.interfaces],
      dnsServers: [...new Set([...before.dnsServers, ...added.dnsServers])],
    };
    await show(engine, updated, state.pid, status);
    engine.containers.setState(record.id, { ...state, network: status });
  }
  await engine.containers.update(updated);
}

/** `force` is for networks that are gone. */
export async function disconnectNetwork(engine: Engine, { record, state }: Container, name: string): Promise<void> {
  const bridge = bridgeOf(record);
  const backend = await bridgeNetworks(engine);
  const { name: network } = await findNetwork(backend, name);
  const attachment = bridge.attachments.find((one) => one.network === network);
  if (!attachment) {
    throw new EngineError(
      'STATE_IMPROPER',
      `container ${record.id} is not connected to network ${JSON.stringify(network)}: network is not connected`,
    );
  }
  const updated = withAttachments(
    record,
    bridge.attachments.filter((one) => one !== attachment),
  );
  if (isGoingOn(state)) {
    await backend.teardown(requestOf(engine, record, [attachment]));
    const before = state.network ?? nothing;
    const status = { ...before, interfaces: before.interfaces.filter((one) => one.network !== network) };
    await show(engine, updated, state.pid, status);
    engine.containers.setState(record.id, { ...state, network: status });
  }
  await engine.containers.update(updated);
}

/** Takes the networks of a running container down and up again, as after the host's firewall was emptied. Addresses stay. */
export async function reloadNetworks(engine: Engine, { record, state }: Container): Promise<void> {
  const bridge = bridgeOf(record);
  if (!isGoingOn(state)) {
    throw new EngineError(
      'STATE_IMPROPER',
      `cannot reload network unless container network has been configured: container ${record.id} is ${state.status}: container state improper`,
    );
  }
  const backend = await bridgeNetworks(engine);
  const attachments = bridge.attachments.map((attachment): Attachment => {
    const own = state.network?.interfaces.filter(({ network }) => network === attachment.network) ?? [];
    const mac = own[0]?.mac;
    return {
      ...attachment,
      staticIps: own.flatMap(({ addresses }) => addresses.map((address) => address.replace(/\/\d+$/, ''))),
      ...(mac ? { mac } : {}),
    };
  });
  await backend.teardown(requestOf(engine, record, bridge.attachments, bridge.ports));
  const network = await backend.setup(requestOf(engine, record, attachments, bridge.ports));
  engine.containers.setState(record.id, { ...state, network });
}

function bridgeOf({ config }: ContainerRecord): BridgeNetwork {
  if (config.network.mode === 'bridge') return config.network;
  throw new EngineError('INVALID', `${JSON.stringify(config.network.mode)} is not supported: invalid network mode`);
}

function withAttachments(record: ContainerRecord, attachments: readonly Attachment[]): ContainerRecord {
  return { ...record, config: { ...record.config, network: { ...bridgeOf(record), attachments } } };
}

function requestOf(
  engine: Engine,
  record: ContainerRecord,
  attachments: readonly Attachment[],
  ports: NetworkRequest['ports'] = [],
): NetworkRequest {
  const { config } = record;
  return {
    containerId: config.id,
    containerName: config.name,
    netns: netnsPath(config, engine.containerPaths(config.id)),
    attachments,
    ports,
    dnsServers: config.dns.servers,
  };
}

/** The container's own names lead to all its addresses. */
async function show(engine: Engine, { config }: ContainerRecord, pid: number, network: NetworkStatus): Promise<void> {
  const root = openRoot(`/proc/${pid}/root`);
  try {
    rewriteHosts({ config, paths: engine.containerPaths(config.id), root, network });
  } finally {
    closeSync(root);
  }
}

function freeInterface(taken: ReadonlySet<string>): string {
  for (let number = 0; ; number++) if (!taken.has(`eth${number}`)) return `eth${number}`;
}
