/** `/etc/hosts` of a container (hosts(5)). */
import { ContainerError } from '../errors.ts';

export interface HostsInput {
  /** Text that is kept below the added entries: the host's file, the image's, or ''. */
  readonly base: string;
  /** `name[;name…]:address`. */
  readonly entries: readonly string[];
  /** Address that reaches the host from inside; undefined where none is known. */
  readonly hostAddress?: string;
  /** The container's own addresses with its names; empty for the host's network. */
  readonly own: readonly string[];
  readonly names: readonly string[];
}

interface Entry {
  readonly address: string;
  readonly names: readonly string[];
}

const HOST_NAMES = ['host.containers.internal', 'host.docker.internal'];

/** Added entries come first and win: of the later ones only names that aren't there yet are written. */
export function hostsFile(input: HostsInput): string {
  const entries: Entry[] = [...input.entries.map((text) => addedEntry(text, input.hostAddress)), ...parse(input.base)];
  const known = new Set(entries.flatMap(({ names }) => names));
  const append = (address: string, names: readonly string[]) => {
    const missing = names.filter((name) => !known.has(name));
    if (missing.length > 0) entries.push({ address, names: missing });
  };
  append('127.0.0.1', ['localhost']);
  append('::1', ['localhost']);
  known.add('localhost');
  if (input.hostAddress !== undefined) append(input.hostAddress, HOST_NAMES);
  for (const address of input.own) append(address, input.names);
  return entries.map(({ address, names }) => `${address}\t${names.join(' ')}\n`).join('');
}

function addedEntry(text: string, hostAddress: string | undefined): Entry {
  const colon = text.indexOf(':');
  const names = text.slice(0, colon).split(';').filter(Boolean);
  const address = text.slice(colon + 1);
  if (colon < 1 || names.length === 0 || address === '') {
    throw new ContainerError('INVALID', `unable to parse host entry "${text}": incorrect format`);
  }
  if (address !== 'host-gateway') return { address, names };
  if (hostAddress === undefined) {
    throw new ContainerError(
      'INVALID',
      `unable to replace "host-gateway" of host entry "${text}": host containers internal IP address is empty`,
    );
  }
  return { address: hostAddress, names };
}

function parse(text: string): Entry[] {
  return text.split('\n').flatMap((line) => {
    const [address, ...names] = line.replace(/#.*/, '').trim().split(/\s+/);
    return address && names.length > 0 ? [{ address, names }] : [];
  });
}
