/** `--publish`: `[[ip:][hostPort]:]containerPort[/protocol]`, each port may be a range. A host port of 0 is chosen later. */
import type { PortMapping } from '@lighter/network/types';

export function parsePorts(text: string): PortMapping[] {
  const [, address = '', host = '', container = '', protocol = 'tcp'] =
    /^(?:(?:(\[[^\]]+\]|[\d.]*):)?([\d-]*):)?(\d+(?:-\d+)?)(?:\/(tcp|udp|sctp))?$/.exec(text) ?? [];
  if (container === '')
    throw new Error(
      `invalid port format ${JSON.stringify(text)}: [[ip:][hostPort]:]containerPort[/protocol] is wanted`,
    );
  const inside = range(container, text);
  const outside = host === '' ? { start: 0, count: inside.count } : range(host, text);
  if (outside.count !== inside.count) {
    throw new Error(
      `host and container port ranges have different lengths: ${outside.count} vs ${inside.count}: ${text}`,
    );
  }
  return [
    {
      hostIp: address.replace(/[[\]]/g, ''),
      hostPort: outside.start,
      containerPort: inside.start,
      range: inside.count,
      protocol: protocol as PortMapping['protocol'],
    },
  ];
}

function range(text: string, whole: string): { start: number; count: number } {
  const [start = 0, end = start] = text.split('-').map(Number);
  if (start < 1 || end > 65_535 || end < start)
    throw new Error(`invalid port in ${JSON.stringify(whole)}: ports are 1 to 65535`);
  return { start, count: end - start + 1 };
}
