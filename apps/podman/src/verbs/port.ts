import { bool } from '@lighter/cli/flags';
import { publishedPorts } from '@lighter/container/config';
import type { Container } from '@lighter/engine/state/containers';
import { podmanCommand } from '../context.ts';
import { selectContainers } from '../select-containers.ts';

export const command = podmanCommand({
  use: 'port [options] CONTAINER [PORT]',
  summary: 'List port mappings or a specific mapping for the container',
  examples: ['podman port --all', 'podman port ctrID 80/tcp'],
  flags: {
    all: bool('display port information for all containers', { short: 'a' }),
    latest: bool('act on the latest container podman is aware of', { short: 'l' }),
  },
  async run({ flags, args, context }) {
    const names = flags.all || flags.latest ? [] : args.slice(0, 1);
    const [wanted, ...more] = flags.latest ? args : args.slice(1);
    if (more.length > 0) throw new Error('port requires at most one port');
    const engine = await context.engine();
    const selected = await selectContainers(engine, { names, all: flags.all, latest: flags.latest });
    for (const { container } of selected) {
      const lines = portLines(container, wanted === undefined ? undefined : withProtocol(wanted));
      if (wanted !== undefined && lines.length === 0) {
        throw new Error(`failed to find published port ${JSON.stringify(wanted)}`);
      }
      const prefix = flags.all ? `${container.record.id.slice(0, 12)}\t` : '';
      for (const line of lines) process.stdout.write(`${prefix}${line}\n`);
    }
    return undefined;
  },
});

function portLines({ record }: Container, wanted: string | undefined): string[] {
  return publishedPorts(record.config).flatMap(({ hostIp, hostPort, containerPort, range, protocol }) =>
    Array.from({ length: range }, (_, index) => {
      const inside = `${containerPort + index}/${protocol}`;
      const address = hostIp === '' ? '0.0.0.0' : hostIp.includes(':') ? `[${hostIp}]` : hostIp;
      const outside = `${address}:${hostPort + index}`;
      if (wanted === undefined) return `${inside} -> ${outside}`;
      return inside === wanted ? outside : '';
    }).filter((line) => line !== ''),
  );
}

function withProtocol(port: string): string {
  if (!/^\d+(\/(tcp|udp|sctp))?$/.test(port)) throw new Error(`invalid port ${JSON.stringify(port)}`);
  return port.includes('/') ? port : `${port}/tcp`;
}
