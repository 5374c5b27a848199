/** The network `podman` for hosts where no file describes it. */
import type { CniNetworkList } from '@lighter/spec/cni';
import { DEFAULT_NETWORK } from '../definitions/definition.ts';

/** `subnet` as in containers.conf `default_subnet`: the gateway is its first address. */
export function defaultNetwork(subnet: string): CniNetworkList {
  return {
    cniVersion: '0.4.0',
    name: DEFAULT_NETWORK,
    plugins: [
      {
        type: 'bridge',
        bridge: 'cni-podman0',
        isGateway: true,
        ipMasq: true,
        hairpinMode: true,
        ipam: {
          type: 'host-local',
          routes: [{ dst: '0.0.0.0/0' }],
          ranges: [[{ subnet, gateway: firstAddress(subnet) }]],
        },
      },
      { type: 'portmap', capabilities: { portMappings: true } },
      { type: 'firewall' },
      { type: 'tuning' },
    ],
  };
}

function firstAddress(subnet: string): string {
  const bytes = (subnet.split('/')[0] ?? '').split('.').map(Number);
  return [...bytes.slice(0, 3), (bytes[3] ?? 0) + 1].join('.');
}
