/** Results kept on disk as libcni does, so that anybody can take a network down after a crash. */
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import type { CniNetworkList } from '@lighter/spec/cni';

export const CNI_CACHE_DIRECTORY = '/var/lib/cni';
const KIND = 'cniCacheV1';

/** One attachment of a container to a network. */
export interface CachedAttachment {
  readonly containerId: string;
  readonly networkName: string;
  readonly interfaceName: string;
  readonly netns: string;
  readonly config: CniNetworkList;
  readonly args: readonly (readonly [name: string, value: string])[];
  readonly capabilityArguments: Readonly<Record<string, unknown>>;
  /** As the last plugin gave it. */
  readonly result: unknown;
}

interface CacheFile {
  readonly kind: string;
  readonly containerId: string;
  readonly config: string;
  readonly ifName: string;
  readonly networkName: string;
  readonly netns?: string;
  readonly cniArgs?: readonly (readonly [string, string])[] | null;
  readonly capabilityArgs?: Readonly<Record<string, unknown>> | null;
  readonly result?: unknown;
}

type Key = Pick<CachedAttachment, 'containerId' | 'networkName' | 'interfaceName'>;

export function writeCache(directory: string, attachment: CachedAttachment): void {
  const path = cachePath(directory, attachment);
  const file: CacheFile = {
    kind: KIND,
    containerId: attachment.containerId,
    config: Buffer.from(JSON.stringify(attachment.config)).toString('base64'),
    ifName: attachment.interfaceName,
    networkName: attachment.networkName,
    netns: attachment.netns,
    cniArgs: attachment.args,
    capabilityArgs: attachment.capabilityArguments,
    ...(attachment.result === undefined ? {} : { result: attachment.result }),
  };
  mkdirSync(`${directory}/results`, { recursive: true, mode: 0o700 });
  const temporary = `${path}.${process.pid}.new`;
  writeFileSync(temporary, JSON.stringify(file), { mode: 0o600 });
  renameSync(temporary, path);
}

/** Undefined when there is none, or none that can be read: the network is then taken down without it. */
export function readCache(directory: string, key: Key): CachedAttachment | undefined {
  try {
    const file = JSON.parse(readFileSync(cachePath(directory, key), 'utf8')) as CacheFile;
    if (file.kind !== KIND) return undefined;
    return {
      containerId: file.containerId,
      networkName: file.networkName,
      interfaceName: file.ifName,
      netns: file.netns ?? '',
      config: JSON.parse(Buffer.from(file.config, 'base64').toString()) as CniNetworkList,
      args: file.cniArgs ?? [],
      capabilityArguments: file.capabilityArgs ?? {},
      result: file.result,
    };
  } catch {
    return undefined;
  }
}

export function removeCache(directory: string, key: Key): void {
  rmSync(cachePath(directory, key), { force: true });
}

function cachePath(directory: string, { containerId, networkName, interfaceName }: Key): string {
  return `${directory}/results/${networkName}-${containerId}-${interfaceName}`;
}
