/** ADD and DEL of one attachment: the list's plugins one after the other, each seeing the result before its own. */
import { existsSync } from 'node:fs';
import type { CniNetworkList, CniPluginConfig, CniResult } from '@lighter/spec/cni';
import { type CachedAttachment, readCache, removeCache, writeCache } from './cache.ts';
import { isVersionAtLeast, networkVersion } from './config.ts';
import { callPlugin, type PluginCall } from './plugin.ts';
import { parseResult } from './result.ts';

export interface AttachmentCall {
  readonly containerId: string;
  readonly netns: string;
  readonly interfaceName: string;
  /** CNI_ARGS. */
  readonly args: readonly (readonly [name: string, value: string])[];
  /** Handed to plugins that declare the capability. */
  readonly capabilityArguments: Readonly<Record<string, unknown>>;
}

export interface CniPlaces {
  readonly pluginDirectories: readonly string[];
  readonly cacheDirectory: string;
}

/** Throws NetworkError; the caller then deletes what was done. */
export async function addAttachment(list: CniNetworkList, call: AttachmentCall, places: CniPlaces): Promise<CniResult> {
  const version = networkVersion(list);
  const attachment = { ...call, networkName: list.name, config: list };
  // Before the first plugin: a crash in between can then be cleaned up with the configuration that was used.
  writeCache(places.cacheDirectory, { ...attachment, result: undefined });
  let previous: unknown;
  let last: CniResult = { cniVersion: version };
  for (const plugin of list.plugins) {
    const config = pluginConfig(plugin, list, version, call.capabilityArguments, previous);
    const output = await callPlugin(plugin.type, config, pluginCall('ADD', call, places));
    last = parseResult(output, plugin.type);
    previous = output.trim() === '' ? previous : JSON.parse(output);
  }
  writeCache(places.cacheDirectory, { ...attachment, result: previous });
  return last;
}

/**
 * In reverse order, with the configuration and result of the ADD where they are cached. `fallback` is the network's
 * configuration of today.
 */
export async function deleteAttachment(
  networkName: string,
  fallback: CniNetworkList | undefined,
  call: AttachmentCall,
  places: CniPlaces,
): Promise<void> {
  const cached = readCache(places.cacheDirectory, { ...call, networkName });
  const list = cached?.config ?? fallback;
  // Never added, and no such network any more: nothing that could be undone.
  if (!list) return;
  await deletePlugins(list, call, cached, places);
  removeCache(places.cacheDirectory, { ...call, networkName });
}

async function deletePlugins(
  list: CniNetworkList,
  call: AttachmentCall,
  cached: CachedAttachment | undefined,
  places: CniPlaces,
): Promise<void> {
  const version = networkVersion(list);
  const previous = isVersionAtLeast(version, '0.4.0') ? cached?.result : undefined;
  const netns = existsSync(call.netns) ? call.netns : '';
  const capabilityArguments = cached?.capabilityArguments ?? call.capabilityArguments;
  const args = cached?.args ?? call.args;
  for (const plugin of list.plugins.toReversed()) {
    const config = pluginConfig(plugin, list, version, capabilityArguments, previous);
    await callPlugin(plugin.type, config, pluginCall('DEL', { ...call, netns, args }, places));
  }
}

function pluginCall(command: 'ADD' | 'DEL', call: AttachmentCall, places: CniPlaces): PluginCall {
  return {
    command,
    containerId: call.containerId,
    netns: call.netns,
    interfaceName: call.interfaceName,
    args: call.args.map(([name, value]) => `${name}=${value}`).join(';'),
    pluginDirectories: places.pluginDirectories,
  };
}

/** The plugin's own keys, the list's name and version, and of `runtimeConfig` what the plugin declares. */
function pluginConfig(
  plugin: CniPluginConfig,
  list: CniNetworkList,
  version: string,
  capabilityArguments: Readonly<Record<string, unknown>>,
  previous: unknown,
): string {
  const { capabilities, ...own } = plugin;
  const runtimeConfig = Object.fromEntries(
    Object.entries(capabilityArguments).filter(([name]) => capabilities?.[name] === true),
  );
  return JSON.stringify({
    ...own,
    cniVersion: version,
    name: list.name,
    ...(Object.keys(runtimeConfig).length > 0 ? { runtimeConfig } : {}),
    ...(previous === undefined ? {} : { prevResult: previous }),
  });
}
