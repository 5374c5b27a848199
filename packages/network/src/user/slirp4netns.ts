/** A network in user space by slirp4netns: the container's packets become ordinary connections of its user. */
import { closeSync, constants, openSync, readFileSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { NetworkError } from '../errors.ts';
import type { NetworkBackend, NetworkRequest, NetworkStatus, PortMapping } from '../types.ts';
import { addressIn } from './addresses.ts';
import { endProgram, startProgram } from './helper.ts';

export interface SlirpOptions {
  /** Absolute path of slirp4netns. */
  readonly program: string;
  /** `--network slirp4netns:…` and containers.conf `network_cmd_options`: `name=value`. */
  readonly options: readonly string[];
  /** Where its pid and its control socket are kept while it runs. */
  readonly stateDirectory: string;
}

/** How long it may take to be ready, in milliseconds. */
const READY = 10_000;
const SOCKET = 'slirp4netns.sock';
const DEFAULT_CIDR = '10.0.2.0/24';

interface Settings {
  readonly arguments: readonly string[];
  readonly cidr: string;
  readonly hostLoopback: boolean;
}

export class SlirpBackend implements NetworkBackend {
  readonly name = 'slirp4netns';
  readonly #options: SlirpOptions;

  constructor(options: SlirpOptions) {
    this.#options = options;
  }

  async setup({ netns, ports }: NetworkRequest): Promise<NetworkStatus> {
    const settings = parseOptions(this.#options.options);
    const { program, stateDirectory } = this.#options;
    await startProgram({
      file: program,
      args: (ready) => [
        ...settings.arguments,
        ...['-c', '-r', String(ready), ...(ports.length > 0 ? ['-a', SOCKET] : [])],
        ...['--netns-type=path', netns, 'tap0'],
      ],
      pidFile: `${stateDirectory}/slirp4netns.pid`,
      cwd: stateDirectory,
      logFile: `${stateDirectory}/slirp4netns.log`,
      timeout: READY,
    });
    for (const port of ports) await forward(stateDirectory, port, addressIn(settings.cidr, 100));
    return {
      interfaces: [
        {
          network: 'slirp4netns',
          interfaceName: 'tap0',
          mac: '',
          addresses: [`${addressIn(settings.cidr, 100)}/${settings.cidr.split('/')[1]}`],
          gateways: [addressIn(settings.cidr, 2)],
        },
      ],
      dnsServers: [],
      dnsSearch: [],
      dnsForwarder: addressIn(settings.cidr, 3),
      ...(settings.hostLoopback ? { hostAddress: addressIn(settings.cidr, 2) } : {}),
    };
  }

  async teardown({ netns }: NetworkRequest): Promise<void> {
    const { stateDirectory } = this.#options;
    await endProgram(`${stateDirectory}/slirp4netns.pid`, netns);
    for (const name of ['sock', 'log']) rmSync(`${stateDirectory}/slirp4netns.${name}`, { force: true });
  }
}

function parseOptions(options: readonly string[]): Settings {
  const flags = ['--mtu=65520'];
  let cidr = DEFAULT_CIDR;
  let hostLoopback = false;
  let ipv6 = true;
  for (const option of options) {
    const [name = '', value = ''] = option.split(/=(.*)/s);
    switch (name) {
      case 'allow_host_loopback':
        hostLoopback = value === 'true';
        break;
      case 'enable_ipv6':
        ipv6 = value === 'true';
        break;
      case 'cidr':
        if (!/^\d+\.\d+\.\d+\.\d+\/\d+$/.test(value)) throw invalid(option);
        cidr = value;
        flags.push(`--cidr=${value}`);
        break;
      case 'mtu':
        flags[0] = `--mtu=${value}`;
        break;
      case 'outbound_addr':
        flags.push(`--outbound-addr=${value}`);
        break;
      case 'outbound_addr6':
        flags.push(`--outbound-addr6=${value}`);
        break;
      case 'port_handler':
        // Both of upstream's words lead to the same result here: slirp4netns itself listens.
        if (value !== 'slirp4netns' && value !== 'rootlesskit') throw invalid(option);
        break;
      default:
        throw invalid(option);
    }
  }
  if (!hostLoopback) flags.push('--disable-host-loopback');
  if (ipv6) flags.push('--enable-ipv6');
  return { arguments: [...flags, '--enable-sandbox', '--enable-seccomp'], cidr, hostLoopback };
}

function invalid(option: string): NetworkError {
  return new NetworkError('CONFIG_INVALID', `unknown option for slirp4netns: ${JSON.stringify(option)}`);
}

/** slirp4netns(1), "API socket". */
async function forward(
  directory: string,
  { hostIp, hostPort, containerPort, range, protocol }: PortMapping,
  guest: string,
) {
  if (protocol === 'sctp') throw new NetworkError('UNSUPPORTED', 'slirp4netns publishes no SCTP ports');
  for (let offset = 0; offset < range; offset++) {
    const port = hostPort + offset;
    const answer = await call(directory, {
      execute: 'add_hostfwd',
      arguments: {
        proto: protocol,
        host_addr: hostIp || '0.0.0.0',
        host_port: port,
        guest_addr: guest,
        guest_port: containerPort + offset,
      },
    });
    const error = (answer as { error?: { desc?: string } }).error;
    if (!error) continue;
    const lowest = Number(readFileSync('/proc/sys/net/ipv4/ip_unprivileged_port_start', 'utf8'));
    if (port < lowest) {
      throw new NetworkError(
        'PLUGIN_FAILED',
        `slirp4netns cannot expose privileged port ${port}, you can add 'net.ipv4.ip_unprivileged_port_start=${port}' to /etc/sysctl.conf (currently ${lowest}), or choose a larger port number (>= ${lowest})`,
      );
    }
    throw new NetworkError('PLUGIN_FAILED', `cannot listen on ${protocol} port ${port}: slirp4netns: ${error.desc}`);
  }
}

/** By the directory's descriptor: a socket's path may have no more than 107 bytes. */
async function call(directory: string, request: object): Promise<unknown> {
  const fd = openSync(directory, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    return await exchange(`/proc/self/fd/${fd}/${SOCKET}`, request);
  } finally {
    closeSync(fd);
  }
}

function exchange(socket: string, request: object): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const fail = (cause: Error) =>
      reject(new NetworkError('PLUGIN_FAILED', `talking to slirp4netns: ${cause.message}`, { cause }));
    const connection = connect(socket, () => connection.end(JSON.stringify(request)));
    let text = '';
    connection.setTimeout(READY, () => connection.destroy(new Error('no answer')));
    connection.on('data', (chunk) => {
      text += chunk;
    });
    connection.on('error', fail);
    connection.on('end', () => {
      try {
        resolve(JSON.parse(text));
      } catch (cause) {
        fail(cause as Error);
      }
    });
  });
}
