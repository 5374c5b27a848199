/** What connects a container to its networks. */
import type { ContainerConfig } from '@lighter/container/config';
import { rootlessUid } from '@lighter/linux/launched';
import type { BridgeBackend, NetworkBackend } from '@lighter/network/types';
import type { Engine } from '../engine.ts';
import { EngineError } from '../errors.ts';

/** undefined: the container has no network that we make. */
export async function containerNetworks(engine: Engine, config: ContainerConfig): Promise<NetworkBackend | undefined> {
  const { network } = config;
  if (network.mode === 'bridge') return bridgeNetworks(engine);
  if (network.mode !== 'user') return undefined;
  const { engine: settings, network: networkSettings } = await engine.conf();
  const { findUserNetworkProgram } = await import('@lighter/network/user/find-program');
  const stateDirectory = engine.containerPaths(config.id).runDirectory;
  if (network.program === 'pasta') {
    const { PastaBackend } = await import('@lighter/network/user/pasta');
    const program = findUserNetworkProgram('pasta', settings.helper_binaries_dir);
    return new PastaBackend({
      program,
      options: [...networkSettings.pasta_options, ...network.options],
      stateDirectory,
    });
  }
  const { SlirpBackend } = await import('@lighter/network/user/slirp4netns');
  const program = settings.network_cmd_path || findUserNetworkProgram('slirp4netns', settings.helper_binaries_dir);
  return new SlirpBackend({ program, options: [...settings.network_cmd_options, ...network.options], stateDirectory });
}

/** The networks that several containers may be in. */
export async function bridgeNetworks(engine: Engine): Promise<BridgeBackend> {
  if (rootlessUid() !== undefined) {
    throw new EngineError(
      'UNSUPPORTED',
      'bridge networks for ordinary users are not supported yet: use pasta, slirp4netns, none or host',
    );
  }
  const { openNetworkBackend } = await import('@lighter/network/backend');
  const { network, engine: settings } = await engine.conf();
  const configDirectory = engine.options.networkConfigDirectory ?? network.network_config_dir;
  return openNetworkBackend({
    backend: network.network_backend,
    rememberedIn: `${engine.store.graphRoot}/defaultNetworkBackend`,
    cni: {
      ...(configDirectory ? { configDirectory } : {}),
      pluginDirectories: network.cni_plugin_dirs,
      defaultSubnet: network.default_subnet,
    },
    netavark: {
      configDirectory: configDirectory || '/etc/containers/networks',
      runDirectory: '/run/containers/networks',
      defaultSubnet: network.default_subnet,
      pluginDirectories: [],
      firewallDriver: network.firewall_driver,
      dnsPort: network.dns_bind_port,
    },
    helperDirectories: settings.helper_binaries_dir,
  });
}
