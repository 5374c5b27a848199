/** Ports of the host that a container's are published on: chosen where none was named, and checked before they are taken. */
import type { PortMapping } from '@lighter/network/types';
import { EngineError } from './errors.ts';

/** Host ports of 0 are replaced by free ones. */
export async function chooseHostPorts(ports: readonly PortMapping[]): Promise<PortMapping[]> {
  const chosen: PortMapping[] = [];
  for (const port of ports) {
    chosen.push(port.hostPort === 0 ? { ...port, hostPort: await freePorts(port, port.range) } : port);
  }
  return chosen;
}

/** Throws for the first port that another process listens on. */
export async function assertPortsFree(ports: readonly PortMapping[]): Promise<void> {
  for (const mapping of ports) {
    for (let port = mapping.hostPort; port < mapping.hostPort + mapping.range; port++) await probe(mapping, port);
  }
}

const ATTEMPTS = 50;

/** The first of `count` free ports in a row. */
async function freePorts(mapping: PortMapping, count: number): Promise<number> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const first = await probe(mapping, 0);
    if (first + count - 1 > 65_535) continue;
    try {
      for (let port = first + 1; port < first + count; port++) await probe(mapping, port);
      return first;
    } catch (error) {
      if (!(error instanceof EngineError)) throw error;
    }
  }
  throw new EngineError('PORT_IN_USE', `no ${count} free host ports in a row were found`);
}

/** Binds for a moment. Returns the port, which the kernel chooses for 0. */
async function probe({ hostIp, protocol }: PortMapping, port: number): Promise<number> {
  try {
    return protocol === 'udp' ? await probeUdp(hostIp, port) : await probeTcp(hostIp, port);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    const version = hostIp.includes(':') ? '6' : '4';
    const kind = protocol === 'udp' ? 'UDP' : 'TCP';
    throw new EngineError(
      'PORT_IN_USE',
      `cannot listen on the ${kind} port: listen ${kind.toLowerCase()}${version} ${hostIp.includes(':') ? `[${hostIp}]` : hostIp}:${port}: bind: address already in use`,
      { cause: error },
    );
  }
}

async function probeTcp(host: string, port: number): Promise<number> {
  const { createServer } = await import('node:net');
  const server = createServer();
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host: host || '0.0.0.0', port, exclusive: true }, () => {
      const bound = (server.address() as { port: number }).port;
      server.close(() => resolve(bound));
    });
  });
}

async function probeUdp(address: string, port: number): Promise<number> {
  const { createSocket } = await import('node:dgram');
  const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4');
  return new Promise((resolve, reject) => {
    socket.once('error', reject);
    socket.bind({ address: address || '0.0.0.0', port, exclusive: true }, () => {
      const bound = socket.address().port;
      socket.close(() => resolve(bound));
    });
  });
}
