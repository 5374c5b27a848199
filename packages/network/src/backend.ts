/** Chooses what connects containers on this host. */
import { accessSync, constants, readFileSync } from 'node:fs';
import type { CniOptions } from './cni/backend.ts';
import { NetworkError } from './errors.ts';
import type { NetavarkOptions } from './netavark/backend.ts';
import type { BridgeBackend } from './types.ts';

export interface BackendOptions {
  /** containers.conf `network_backend`; '' is what the store is known to use, or what is installed. */
  readonly backend: string;
  /** File in which the Go tool remembers the backend of a store. */
  readonly rememberedIn: string;
  readonly cni: CniOptions;
  readonly netavark: Omit<NetavarkOptions, 'program' | 'dnsProgram'>;
  /** Where netavark and aardvark-dns may be. */
  readonly helperDirectories: readonly string[];
}

export async function openNetworkBackend(options: BackendOptions): Promise<BridgeBackend> {
  switch (options.backend || remembered(options.rememberedIn) || installed(options)) {
    case 'cni': {
      const { CniBackend } = await import('./cni/backend.ts');
      return new CniBackend(options.cni);
    }
    case 'netavark': {
      const program = find('netavark', options.helperDirectories);
      if (program === undefined) {
        throw new NetworkError(
          'PLUGIN_MISSING',
          `could not find "netavark" in one of ${options.helperDirectories.join(', ')}`,
        );
      }
      const { NetavarkBackend } = await import('./netavark/backend.ts');
      const dnsProgram = find('aardvark-dns', options.helperDirectories);
      return new NetavarkBackend({ ...options.netavark, program, dnsProgram });
    }
    default:
      throw new NetworkError(
        'CONFIG_INVALID',
        `unsupported network backend "${options.backend}", check network_backend in containers.conf`,
      );
  }
}

function remembered(path: string): string {
  try {
    const text = readFileSync(path, 'utf8').trim();
    return text === 'cni' || text === 'netavark' ? text : '';
  } catch {
    return '';
  }
}

/** CNI's plugins where they are, as networks made with them may be in use; else netavark. */
function installed({ cni, helperDirectories }: BackendOptions): string {
  const hasCni = find('bridge', cni.pluginDirectories) !== undefined;
  return !hasCni && find('netavark', helperDirectories) !== undefined ? 'netavark' : 'cni';
}

function find(name: string, directories: readonly string[]): string | undefined {
  return directories
    .map((directory) => `${directory}/${name}`)
    .find((path) => {
      try {
        accessSync(path, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}
