/** Chooses what connects containers on this host. */
import { CniBackend, type CniOptions } from './cni/backend.ts';
import { NetworkError } from './errors.ts';
import type { NetworkBackend } from './types.ts';

export interface BackendOptions {
  /** containers.conf `network_backend`; '' is our choice. */
  readonly backend: string;
  /** We work for an ordinary user. */
  readonly rootless: boolean;
  readonly cni: CniOptions;
}

/** Throws NetworkError `UNSUPPORTED` for what isn't there yet. */
export function openNetworkBackend(options: BackendOptions): NetworkBackend {
  if (options.rootless) {
    throw new NetworkError(
      'UNSUPPORTED',
      'bridge networks for ordinary users are not supported yet: use --network none or host',
    );
  }
  switch (options.backend) {
    case '':
    case 'cni':
      return new CniBackend(options.cni);
    case 'netavark':
      throw new NetworkError(
        'UNSUPPORTED',
        'network backend "netavark" is not supported yet: set network_backend = "cni" in containers.conf',
      );
    default:
      throw new NetworkError(
        'CONFIG_INVALID',
        `unsupported network backend "${options.backend}", check network_backend in containers.conf`,
      );
  }
}
