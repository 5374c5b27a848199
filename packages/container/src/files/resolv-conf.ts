/** `/etc/resolv.conf` of a container (resolv.conf(5)). */

export interface ResolvConfInput {
  /** The host's own file. */
  readonly host: string;
  /** What the user asked for. */
  readonly servers: readonly string[];
  readonly search: readonly string[];
  readonly options: readonly string[];
  /** Name servers and search domains of the container's networks: nothing else is asked then. */
  readonly networkServers: readonly string[];
  readonly networkSearch: readonly string[];
  /** A name server on the link that asks the host's: it comes first. */
  readonly forwarder?: string;
  /** A network namespace of its own can't reach name servers on the host's loopback. */
  readonly ownNamespace: boolean;
  readonly hasIpv6: boolean;
}

const FALLBACK_IPV4 = ['8.8.8.8', '8.8.4.4'];
const FALLBACK_IPV6 = ['2001:4860:4860::8888', '2001:4860:4860::8844'];

export function resolvConf(input: ResolvConfInput): string {
  const host = parse(input.host);
  const servers = nameServers(input, host.servers);
  const search = searchDomains(input, host.search);
  const options = input.options.length > 0 ? input.options : host.options;
  return [
    ...(search.length > 0 ? [`search ${search.join(' ')}`] : []),
    ...servers.map((server) => `nameserver ${server}`),
    ...(options.length > 0 ? [`options ${options.join(' ')}`] : []),
    '',
  ].join('\n');
}

function nameServers(input: ResolvConfInput, host: readonly string[]): readonly string[] {
  if (input.networkServers.length > 0) return input.networkServers;
  if (input.servers.length > 0) return input.servers;
  if (!input.ownNamespace) return host;
  const reachable = host.filter((server) => !isLoopback(server) && (input.hasIpv6 || !server.includes(':')));
  if (input.forwarder !== undefined) return [input.forwarder, ...reachable];
  if (reachable.length > 0) return reachable;
  return input.hasIpv6 ? [...FALLBACK_IPV4, ...FALLBACK_IPV6] : FALLBACK_IPV4;
}

/** `.` alone asks for no search at all. */
function searchDomains(input: ResolvConfInput, host: readonly string[]): readonly string[] {
  if (input.search.length > 0) return input.search.length === 1 && input.search[0] === '.' ? [] : input.search;
  return [...input.networkSearch, ...host];
}

function isLoopback(server: string): boolean {
  return server.startsWith('127.') || server === '::1' || server.startsWith('::1%');
}

function parse(text: string): { servers: string[]; search: string[]; options: string[] } {
  const servers: string[] = [];
  let search: string[] = [];
  const options: string[] = [];
  for (const line of text.split('\n')) {
    const [key, ...values] = line
      .replace(/[#;].*/, '')
      .trim()
      .split(/\s+/);
    if (key === 'nameserver' && values[0]) servers.push(values[0]);
    // The last line of either keyword counts, as for the resolver.
    if (key === 'search' || key === 'domain') search = values;
    if (key === 'options') options.push(...values);
  }
  return { servers, search, options };
}
