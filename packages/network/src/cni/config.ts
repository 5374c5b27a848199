/** Network configuration files (CNI specification 1.1, section 1). */
import { readdirSync, readFileSync } from 'node:fs';
import type { CniNetworkList, CniPluginConfig } from '@lighter/spec/cni';
import { NetworkError } from '../errors.ts';

export const CNI_CONFIG_DIRECTORY = '/etc/cni/net.d';

export interface LoadedNetworks {
  /** By name; of several files for one name the first counts. */
  readonly networks: ReadonlyMap<string, CniNetworkList>;
  /** Files that can't be used, and why. They hinder nothing else. */
  readonly problems: readonly NetworkError[];
}

/** Reads `*.conflist`, `*.conf` and `*.json` in the order of their names. A directory that isn't there is empty. */
export function loadNetworks(directory: string): LoadedNetworks {
  const networks = new Map<string, CniNetworkList>();
  const problems: NetworkError[] = [];
  for (const name of fileNames(directory)) {
    const path = `${directory}/${name}`;
    try {
      const list = parseNetwork(readFileSync(path, 'utf8'), path);
      if (!networks.has(list.name)) networks.set(list.name, list);
    } catch (cause) {
      problems.push(
        cause instanceof NetworkError
          ? cause
          : new NetworkError('CONFIG_INVALID', `${path}: ${(cause as Error).message}`, { cause }),
      );
    }
  }
  return { networks, problems };
}

function fileNames(directory: string): string[] {
  try {
    return readdirSync(directory)
      .filter((name) => /\.(conflist|conf|json)$/.test(name))
      .sort();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

/** A list, or a single plugin, which becomes a list of one. Throws NetworkError `CONFIG_INVALID`. */
export function parseNetwork(text: string, path: string): CniNetworkList {
  const invalid = (message: string, cause?: unknown) =>
    new NetworkError('CONFIG_INVALID', `${path}: ${message}`, { cause });
  let value: Partial<CniNetworkList> & { readonly type?: unknown };
  try {
    value = JSON.parse(text) as typeof value;
  } catch (cause) {
    throw invalid((cause as Error).message, cause);
  }
  if (typeof value !== 'object' || value === null || typeof value.name !== 'string' || value.name === '') {
    throw invalid('the network has no name');
  }
  // The name becomes part of file names.
  if (!/^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/.test(value.name))
    throw invalid(`network name ${JSON.stringify(value.name)} is invalid`);
  if (typeof value.type === 'string' && value.plugins === undefined) {
    const { cniVersion, name, ...plugin } = value as CniPluginConfig & { name: string; cniVersion?: string };
    return { ...(cniVersion === undefined ? {} : { cniVersion }), name, plugins: [plugin as CniPluginConfig] };
  }
  if (!Array.isArray(value.plugins) || value.plugins.length === 0) throw invalid('the network has no plugins');
  for (const plugin of value.plugins as readonly unknown[]) {
    const type = (plugin as { type?: unknown } | null)?.type;
    if (typeof type !== 'string' || !/^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/.test(type)) {
      throw invalid('a plugin has no type');
    }
  }
  return value as CniNetworkList;
}

const supported = ['0.1.0', '0.2.0', '0.3.0', '0.3.1', '0.4.0', '1.0.0', '1.1.0'];

/** The version plugins are called with: the highest we know of those that the list offers. */
export function networkVersion(list: CniNetworkList): string {
  const offered = [...(list.cniVersions ?? []), list.cniVersion ?? '0.1.0'];
  const version = supported.findLast((candidate) => offered.includes(candidate));
  if (version === undefined) {
    throw new NetworkError(
      'CONFIG_INVALID',
      `network ${list.name}: CNI version ${offered.join(', ')} is not supported`,
    );
  }
  return version;
}

/** Whether `version` is at least `wanted`; both are supported ones. */
export function isVersionAtLeast(version: string, wanted: string): boolean {
  return supported.indexOf(version) >= supported.indexOf(wanted);
}
