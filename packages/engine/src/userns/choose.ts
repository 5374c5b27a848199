/** A container's user namespace: `--userns`, `--uidmap`, `--gidmap`, `--subuidname`, `--subgidname` (user_namespaces(7)). */
import { readFileSync } from 'node:fs';
import type { ContainerOptions } from '@lighter/container/options';
import { rootlessUid } from '@lighter/linux/launched';
import type { IdMapping } from '@lighter/spec/runtime';
import type { Image } from '@lighter/storage/store-types';
import type { Engine } from '../engine.ts';
import { EngineError } from '../errors.ts';
import { allocateIds, highestId } from './auto.ts';
import { subordinateIds } from './subordinate.ts';

export interface UserNamespaceRequest {
  /** `--userns`; '' is the default. */
  readonly mode: string;
  readonly uidMap: readonly string[];
  readonly gidMap: readonly string[];
  readonly subUidName?: string;
  readonly subGidName?: string;
}

export interface ChosenUserNamespace {
  readonly userns?: NonNullable<ContainerOptions['userns']>;
  /** Who the container runs as when nobody says otherwise. */
  readonly user?: string;
}

type Maps = { readonly uidMap: readonly IdMapping[]; readonly gidMap: readonly IdMapping[] };

/** Ids below an ordinary user's namespace are those of that namespace. */
export async function chooseUserNamespace(
  engine: Engine,
  image: Image | undefined,
  request: UserNamespaceRequest,
): Promise<ChosenUserNamespace> {
  const { mode } = request;
  const hasMaps = request.uidMap.length + request.gidMap.length > 0;
  const hasNames = request.subUidName !== undefined || request.subGidName !== undefined;
  if (hasMaps && hasNames)
    throw invalid('cannot specify subuidmap or subgidmap with maps: --subuidname and --uidmap exclude each other');
  if (hasMaps || hasNames) {
    if (mode !== '' && mode !== 'private')
      throw invalid('--userns and --uidmap/--gidmap/--subuidname/--subgidname are mutually exclusive');
    return { userns: { mode: 'private', ...(hasMaps ? explicitMaps(request) : namedMaps(request)) } };
  }
  const [, kind = '', text = ''] = /^([^:]*):?(.*)$/s.exec(mode) ?? [];
  switch (kind) {
    case '':
    case 'host':
      return {};
    case 'private':
      throw invalid('--userns=private needs --uidmap or --gidmap');
    case 'ns':
      return { userns: { mode: 'path', path: text } };
    case 'container':
      return { userns: { mode: 'path', path: mode, ...(await mapsOf(engine, text)) } };
    case 'keep-id':
      return keepId(options(text, ['uid', 'gid', 'size']));
    case 'nomap':
      return { userns: { mode: 'private', ...noMap() } };
    case 'auto':
      return {
        userns: {
          mode: 'private',
          ...(await automatic(engine, image, options(text, ['size', 'uidmapping', 'gidmapping']))),
        },
      };
    default:
      throw invalid(
        `unrecognized namespace mode ${mode} passed: --userns takes auto, container:NAME, host, keep-id, nomap, ns:PATH and private`,
      );
  }
}

function explicitMaps({ uidMap, gidMap }: UserNamespaceRequest): Maps {
  const uids = uidMap.filter((text) => !text.startsWith('g')).map(parseMapping);
  const gids = [...gidMap, ...uidMap.filter((text) => text.startsWith('g'))].map(parseMapping);
  // One stands for both.
  return { uidMap: uids.length > 0 ? uids : gids, gidMap: gids.length > 0 ? gids : uids };
}

/** `CONTAINER:HOST[:LENGTH]`. */
function parseMapping(text: string): IdMapping {
  const match = /^[ug]?(\d+):(\d+)(?::(\d+))?$/.exec(text);
  if (!match) throw invalid(`invalid mapping ${JSON.stringify(text)}: CONTAINER:HOST:LENGTH is wanted`);
  const [containerID = 0, hostID = 0, size = 1] = match
    .slice(1)
    .map((part) => (part === undefined ? undefined : Number(part)));
  if (size === 0) throw invalid(`invalid mapping ${JSON.stringify(text)}: its length is 0`);
  return { containerID, hostID, size };
}

function namedMaps({ subUidName, subGidName }: UserNamespaceRequest): Maps {
  const uidName = subUidName ?? subGidName ?? '';
  const gidName = subGidName ?? subUidName ?? '';
  return {
    uidMap: stacked(subordinateIds('/etc/subuid', uidName)),
    gidMap: stacked(subordinateIds('/etc/subgid', gidName)),
  };
}

/** From 0 on, one range behind the other. */
function stacked(ranges: readonly { readonly start: number; readonly size: number }[]): IdMapping[] {
  let next = 0;
  return ranges.map(({ start, size }) => {
    const mapping = { containerID: next, hostID: start, size };
    next += size;
    return mapping;
  });
}

async function mapsOf(engine: Engine, name: string): Promise<Partial<Maps>> {
  const { uidMappings, gidMappings } = (await engine.containers.get(name)).record.config.spec.linux ?? {};
  return { ...(uidMappings ? { uidMap: uidMappings } : {}), ...(gidMappings ? { gidMap: gidMappings } : {}) };
}

/** The user's own ids keep their numbers inside. */
function keepId({ uid: askedUid, gid: askedGid, size }: Readonly<Record<string, string>>): ChosenUserNamespace {
  const own = rootlessUid();
  if (own === undefined) return { user: `${askedUid ?? 0}:${askedGid ?? 0}` };
  const uid = number('uid', askedUid) ?? own;
  const gid = number('gid', askedGid) ?? Number(process.env['_CONTAINERS_ROOTLESS_GID'] ?? own);
  const limit = number('size', size);
  const keep = (id: number, kind: 'uid' | 'gid') => {
    const available = limit === undefined ? mappedIds(kind) : Math.min(mappedIds(kind), limit);
    const parts = [
      { containerID: 0, hostID: 1, size: Math.min(id, available) },
      { containerID: id, hostID: 0, size: 1 },
      { containerID: id + 1, hostID: id + 1, size: available - id },
    ];
    return parts.filter((part) => part.size > 0);
  };
  return { userns: { mode: 'private', uidMap: keep(uid, 'uid'), gidMap: keep(gid, 'gid') }, user: `${uid}:${gid}` };
}

function noMap(): Maps {
  if (rootlessUid() === undefined) throw invalid('nomap is only supported in rootless mode');
  const all = (kind: 'uid' | 'gid') => [{ containerID: 0, hostID: 1, size: mappedIds(kind) }];
  return { uidMap: all('uid'), gidMap: all('gid') };
}

async function automatic(
  engine: Engine,
  image: Image | undefined,
  how: Readonly<Record<string, string>>,
): Promise<Maps> {
  const { userns_size: maximum } = (await engine.conf()).containers;
  const size = number('size', how['size']) ?? Math.max(1024, image ? await highestId(engine, image) : 0);
  if (size > maximum && how['size'] === undefined) {
    throw invalid(
      `the container needs a user namespace with size ${size} that is bigger than the maximum value allowed with userns=auto ${maximum}`,
    );
  }
  const ids = await allocateIds(engine, size);
  const add = (maps: readonly IdMapping[], extra: string | undefined) =>
    extra === undefined ? maps : insert(maps, parseMapping(extra));
  return { uidMap: add(stacked(ids), how['uidmapping']), gidMap: add(stacked(ids), how['gidmapping']) };
}

/** The mapping given takes its ids from the others. */
function insert(maps: readonly IdMapping[], own: IdMapping): IdMapping[] {
  const end = own.containerID + own.size;
  const rest = maps.flatMap(({ containerID, hostID, size }) => {
    const before = Math.min(Math.max(own.containerID - containerID, 0), size);
    const skipped = Math.min(Math.max(end - containerID, 0), size);
    return [
      { containerID, hostID, size: before },
      { containerID: containerID + skipped, hostID: hostID + skipped, size: size - skipped },
    ].filter((part) => part.size > 0);
  });
  return [...rest, own].sort((a, b) => a.containerID - b.containerID);
}

/** Subordinate ids of the namespace that we are root of. */
function mappedIds(kind: 'uid' | 'gid'): number {
  const lines = readFileSync(`/proc/self/${kind}_map`, 'utf8').trim().split('\n');
  return lines.reduce((sum, line) => sum + Number(line.trim().split(/\s+/)[2]), 0) - 1;
}

function options(text: string, known: readonly string[]): Readonly<Record<string, string>> {
  const entries = text
    .split(',')
    .filter(Boolean)
    .map((part) => part.split(/=(.*)/s) as [string, string]);
  for (const [name, value] of entries) {
    if (!known.includes(name) || !value) throw invalid(`unknown option specified: ${JSON.stringify(name)}`);
  }
  return Object.fromEntries(entries.map(([name, value]) => [name, value]));
}

function number(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^\d+$/.test(text)) throw invalid(`invalid ${name} ${JSON.stringify(text)}`);
  return Number(text);
}

function invalid(message: string): EngineError {
  return new EngineError('INVALID', message);
}
