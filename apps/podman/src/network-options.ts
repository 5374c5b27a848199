/** `--network`, `--publish`, `--ip`, `--ip6`, `--mac-address`. */
import type { FlagValues } from '@lighter/cli/flags';
import type { ContainersConf } from '@lighter/config/containers';
import type { ContainerNetwork } from '@lighter/container/config';
import { rootlessUid } from '@lighter/linux/launched';
import { chooseUserNetworkProgram, type UserNetworkProgram } from '@lighter/network/user/find-program';
import type { createFlags } from './create-flags.ts';
import { parsePorts } from './ports.ts';

type Flags = FlagValues<typeof createFlags>;

export function networkOf(flags: Flags, conf: ContainersConf): ContainerNetwork {
  const names = [...(flags.network ?? []), ...(flags.net ?? [])];
  const { default_host_ips: addresses } = conf.network;
  // Where the user names no address, the configured ones.
  const ports = (flags.publish ?? [])
    .flatMap(parsePorts)
    .flatMap((port) =>
      port.hostIp === '' && addresses.length > 0 ? addresses.map((hostIp) => ({ ...port, hostIp })) : [port],
    );
  const mode = names[0] || conf.containers.netns || 'private';
  const addressed = flags.ip !== undefined || flags.ip6 !== undefined || flags['mac-address'] !== undefined;
  const alone = (network: ContainerNetwork): ContainerNetwork => {
    if (names.length > 1) {
      throw new Error(
        `cannot set multiple networks without bridge network mode, selected mode ${mode}: invalid argument`,
      );
    }
    // Without a network of its own the ports are those of the host, or there are none.
    if (ports.length > 0 && mode === 'none')
      throw new Error('cannot publish ports without a network: --publish and --network none');
    if (addressed) throw new Error(`--ip, --ip6 and --mac-address need a bridge network, not ${mode}`);
    return network;
  };
  if (mode === 'none' || mode === 'host') return alone({ mode });
  if (mode.startsWith('ns:')) return alone({ mode: 'path', path: mode.slice('ns:'.length) });
  if (mode.startsWith('container:')) {
    if (ports.length > 0) throw new Error('published ports belong to the container whose network is shared');
    return alone({ mode: 'container', id: mode.slice('container:'.length), files: '' });
  }
  const user = userNetwork(mode, conf);
  if (user) return alone({ mode: 'user', ...user, ports });
  if (rootlessUid() !== undefined) {
    throw new Error('bridge networks for ordinary users are not built yet: use pasta, slirp4netns, none or host');
  }
  const networks = ['private', 'bridge', ''].includes(mode) ? [conf.network.default_network] : names;
  if (addressed && networks.length > 1) {
    throw new Error('--ip, --ip6 and --mac-address can only be set for a single network: invalid argument');
  }
  return { mode: 'bridge', ports, attachments: networks.map((text, index) => attachment(text, index, flags)) };
}

/** `pasta[:options]` and `slirp4netns[:options]`; an ordinary user's default is the one that is there. */
function userNetwork(mode: string, { network, engine }: ContainersConf) {
  const match = /^(pasta|slirp4netns)(?::(.*))?$/s.exec(mode);
  if (match) {
    const options = (match[2] ?? '').split(',').filter(Boolean);
    return { program: match[1] as UserNetworkProgram, options };
  }
  if (rootlessUid() === undefined || !['private', ''].includes(mode)) return undefined;
  const wanted = network.default_rootless_network_cmd;
  if (wanted !== 'pasta' && wanted !== 'slirp4netns') {
    throw new Error(`invalid default_rootless_network_cmd option ${JSON.stringify(wanted)}`);
  }
  return { program: chooseUserNetworkProgram(wanted, engine.helper_binaries_dir), options: [] };
}

/** `NAME[:ip=…,mac=…,interface_name=…]`. */
function attachment(text: string, index: number, flags: Flags) {
  const colon = text.indexOf(':');
  const network = colon < 0 ? text : text.slice(0, colon);
  const options = colon < 0 ? [] : text.slice(colon + 1).split(',');
  const addresses = [flags.ip, flags.ip6].filter((address) => address !== undefined);
  let interfaceName = `eth${index}`;
  let mac = flags['mac-address'];
  const aliases = [...(flags['network-alias'] ?? [])];
  const driverOptions: Record<string, string> = {};
  for (const option of options) {
    const [name = '', value = ''] = option.split(/=(.*)/s);
    if (name === 'ip' || name === 'ip6') addresses.push(value);
    else if (name === 'mac') mac = value;
    else if (name === 'interface_name') interfaceName = value;
    else if (name === 'alias') aliases.push(value);
    else driverOptions[name] = value;
  }
  return {
    network,
    interfaceName,
    ...(addresses.length > 0 ? { staticIps: addresses } : {}),
    ...(mac === undefined ? {} : { mac }),
    ...(aliases.length > 0 ? { aliases } : {}),
    ...(Object.keys(driverOptions).length > 0 ? { options: driverOptions } : {}),
  };
}
