/** A network in user space by pasta, which gives the container the host's own addresses; it ends with the namespace. */
import { networkInterfaces } from 'node:os';
import { NetworkError } from '../errors.ts';
import { runProgram } from '../program.ts';
import type { NetworkBackend, NetworkRequest, NetworkStatus, PortMapping } from '../types.ts';
import { endProgram } from './helper.ts';

export interface PastaOptions {
  /** Absolute path of pasta. */
  readonly program: string;
  /** containers.conf `pasta_options`, then those of `--network pasta:…`. */
  readonly options: readonly string[];
  readonly stateDirectory: string;
}

/** Addresses on the link that lead to the host's name server and to the host. */
const DNS = '169.254.1.1';
const HOST = '169.254.1.2';

export class PastaBackend implements NetworkBackend {
  readonly name = 'pasta';
  readonly #options: PastaOptions;

  constructor(options: PastaOptions) {
    this.#options = options;
  }

  async setup({ netns, ports }: NetworkRequest): Promise<NetworkStatus> {
    const first = await this.#start(pastaArguments(netns, ports, this.#options.options, true));
    // Older ones don't know how to map the host's address.
    const mapped = first === undefined;
    const failure =
      mapped || !/map-guest-addr/.test(first)
        ? first
        : await this.#start(pastaArguments(netns, ports, this.#options.options, false));
    if (failure !== undefined) throw new NetworkError('PLUGIN_FAILED', `pasta failed: ${failure}`);
    return {
      interfaces: [{ network: 'pasta', interfaceName: 'eth0', mac: '', addresses: hostAddresses(), gateways: [] }],
      dnsServers: [],
      dnsSearch: [],
      dnsForwarder: DNS,
      ...(mapped ? { hostAddress: HOST } : {}),
    };
  }

  async teardown({ netns }: NetworkRequest): Promise<void> {
    await endProgram(this.#pidFile, netns);
  }

  get #pidFile(): string {
    return `${this.#options.stateDirectory}/pasta.pid`;
  }

  /** What it complains of; undefined: it runs in the background. */
  async #start(args: readonly string[]): Promise<string | undefined> {
    const { program } = this.#options;
    try {
      const { status, stdout, stderr } = await runProgram({ file: program, args: [...args, '--pid', this.#pidFile] });
      return status === 0 ? undefined : (stderr || stdout).trim() || `exit status ${status}`;
    } catch (cause) {
      throw new NetworkError('PLUGIN_FAILED', `starting ${program}: ${(cause as Error).message}`, { cause });
    }
  }
}

/** pasta(1): what the user doesn't say about forwarding is none. */
function pastaArguments(
  netns: string,
  ports: readonly PortMapping[],
  options: readonly string[],
  mapHost: boolean,
): string[] {
  const args = ['--config-net', ...options, ...ports.flatMap(portArguments)];
  const has = (...names: readonly string[]) => args.some((one) => names.includes(one.split('=')[0] ?? ''));
  if (!has('--dns-forward')) args.push('--dns-forward', DNS);
  for (const [short, long] of [
    ['-t', '--tcp-ports'],
    ['-u', '--udp-ports'],
    ['-T', '--tcp-ns'],
    ['-U', '--udp-ns'],
  ] as const) {
    if (!has(short, long)) args.push(short, 'none');
  }
  if (!has('--map-gw', '--no-map-gw')) args.push('--no-map-gw');
  args.push('--quiet', '--netns', netns);
  if (mapHost && !has('--map-guest-addr')) args.push('--map-guest-addr', HOST);
  return args.filter((one) => one !== '--map-gw');
}

function portArguments({ hostIp, hostPort, containerPort, range, protocol }: PortMapping): string[] {
  if (protocol === 'sctp') throw new NetworkError('UNSUPPORTED', 'pasta publishes no SCTP ports');
  const span = (first: number) => (range > 1 ? `${first}-${first + range - 1}` : `${first}`);
  const address = hostIp === '' ? '' : `${hostIp}/`;
  return [protocol === 'tcp' ? '-t' : '-u', `${address}${span(hostPort)}:${span(containerPort)}`];
}

/** pasta gives the container the address of the host's first interface. */
function hostAddresses(): string[] {
  const outside = Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .filter(({ internal, family }) => !internal && family === 'IPv4');
  const [first] = outside;
  return first ? [first.cidr ?? `${first.address}/32`] : [];
}
