/** registries.conf (version 2) and its drop-ins: where a repository really is, and how far its registry is trusted. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { ConfigError } from './errors.ts';

export interface Mirror {
  readonly location: string;
  readonly insecure: boolean;
  readonly pull: 'all' | 'digest-only' | 'tag-only';
}

export interface Registry {
  /** `example.com/foo`, or `*.example.com`. */
  readonly prefix: string;
  /** '' only with a wildcard prefix: the name stays as it is. */
  readonly location: string;
  readonly insecure: boolean;
  readonly blocked: boolean;
  readonly mirrors: readonly Mirror[];
}

export interface RegistriesConfiguration {
  readonly registries: readonly Registry[];
  readonly searchRegistries: readonly string[];
  readonly shortNameMode: 'enforcing' | 'permissive' | 'disabled';
  readonly aliases: Readonly<Record<string, string>>;
  /** `containers-auth.json` for files, anything else a program `docker-credential-NAME`. */
  readonly credentialHelpers: readonly string[];
  readonly files: readonly string[];
}

export interface RegistriesEnvironment {
  readonly env?: NodeJS.ProcessEnv;
  readonly rootlessUid?: number | undefined;
  /** Instead of `/`, for tests. */
  readonly prefix?: string;
}

type Table = Record<string, unknown>;

export async function readRegistries(environment: RegistriesEnvironment = {}): Promise<RegistriesConfiguration> {
  const files = registriesFiles(environment);
  const registries = new Map<string, Registry>();
  let searchRegistries: string[] = [];
  let shortNameMode: RegistriesConfiguration['shortNameMode'] = 'permissive';
  let credentialHelpers = ['containers-auth.json'];
  const aliases: Record<string, string> = {};
  if (files.length > 0) {
    const { parse } = await import('smol-toml');
    for (const file of files) {
      const read = new FileReader(file, parse);
      // Of one prefix the first of a file counts, and the last file.
      const own = new Map(
        read
          .registries()
          .toReversed()
          .map((registry) => [registry.prefix, registry]),
      );
      for (const [prefix, registry] of own) registries.set(prefix, registry);
      searchRegistries = read.searchRegistries() ?? searchRegistries;
      credentialHelpers = read.texts('credential-helpers') ?? credentialHelpers;
      shortNameMode = read.shortNameMode() ?? shortNameMode;
      Object.assign(aliases, read.aliases());
    }
  }
  return { registries: [...registries.values()], searchRegistries, shortNameMode, aliases, credentialHelpers, files };
}

/** The main file, then drop-ins of all folders sorted by name; of one name the most important folder's counts. */
function registriesFiles({ env = process.env, rootlessUid, prefix = '' }: RegistriesEnvironment): string[] {
  const override = env['CONTAINERS_REGISTRIES_CONF_OVERRIDE'];
  const named = env['CONTAINERS_REGISTRIES_CONF'] || env['REGISTRIES_CONFIG_PATH'];
  const last = override ? [existing(override)] : [];
  if (named) return [existing(named), ...last];
  const user = `${env['XDG_CONFIG_HOME'] || `${env['HOME'] ?? ''}/.config`}/containers`;
  const system = [`${prefix}/etc/containers`, `${prefix}/usr/share/containers`];
  const main = [user, ...system].map((folder) => `${folder}/registries.conf`).find((path) => existsSync(path));
  const kinds =
    rootlessUid === undefined
      ? ['registries.rootful.conf.d']
      : [`registries.rootless.conf.d/${rootlessUid}`, 'registries.rootless.conf.d'];
  const folders = [
    `${user}/registries.conf.d`,
    ...system.flatMap((folder) => [...kinds, 'registries.conf.d'].map((kind) => `${folder}/${kind}`)),
  ];
  const dropIns = new Map<string, string>();
  for (const folder of folders)
    for (const path of filesOf(folder)) if (!dropIns.has(basename(path))) dropIns.set(basename(path), path);
  const sorted = [...dropIns].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, path]) => path);
  return [...(main ? [main] : []), ...sorted, ...last];
}

function filesOf(folder: string): string[] {
  try {
    return readdirSync(folder)
      .filter((name) => name.endsWith('.conf'))
      .map((name) => `${folder}/${name}`);
  } catch {
    return [];
  }
}

function existing(path: string): string {
  if (!existsSync(path)) throw new ConfigError('CONFIG_UNREADABLE', path, 'no such file or directory');
  return path;
}

class FileReader {
  readonly #file: string;
  readonly #table: Table;

  constructor(file: string, parse: (text: string) => unknown) {
    this.#file = file;
    try {
      this.#table = parse(readFileSync(file, 'utf8')) as Table;
    } catch (error) {
      throw new ConfigError('CONFIG_INVALID', file, (error as Error).message, { cause: error });
    }
    if ('registries' in this.#table) throw this.#invalid('must be in version 2 of the format, but is in version 1');
  }

  registries(): Registry[] {
    const list = this.#table['registry'] ?? [];
    if (!Array.isArray(list)) throw this.#invalid('registry must be a list of tables');
    const registries = list.map((entry) => this.#registry(entry as Table));
    for (const registry of registries) this.#checkConflicts(registry, registries);
    return registries;
  }

  /** One place can't be trusted and not trusted at once. */
  #checkConflicts(registry: Registry, all: readonly Registry[]): void {
    for (const other of all) {
      if (other.location !== registry.location || registry.location === '') continue;
      for (const key of ['insecure', 'blocked'] as const)
        if (other[key] !== registry[key])
          throw this.#invalid(
            `registry '${registry.location}' is defined multiple times with conflicting '${key}' setting`,
          );
    }
  }

  searchRegistries(): string[] | undefined {
    const entries = this.texts('unqualified-search-registries');
    const bad = entries?.find((entry) => !/^[A-Za-z0-9.-]+(?::\d+)?$/.test(entry));
    if (bad !== undefined) throw this.#invalid(`Invalid unqualified-search-registries entry ${JSON.stringify(bad)}`);
    return entries;
  }

  texts(key: string): string[] | undefined {
    const value = this.#table[key];
    if (value === undefined) return undefined;
    if (!Array.isArray(value) || !value.every((one) => typeof one === 'string'))
      throw this.#invalid(`${key} must be a list of texts`);
    return value;
  }

  shortNameMode(): RegistriesConfiguration['shortNameMode'] | undefined {
    const value = this.#table['short-name-mode'];
    if (value === undefined || value === '') return undefined;
    if (value === 'enforcing' || value === 'permissive' || value === 'disabled') return value;
    throw this.#invalid(`invalid short-name mode: ${JSON.stringify(value)}`);
  }

  aliases(): Record<string, string> {
    return Object.fromEntries(
      Object.entries((this.#table['aliases'] ?? {}) as Table).map(([name, value]) => [name, String(value)]),
    );
  }

  #registry(entry: Table): Registry {
    const location = this.#location(entry['location']);
    const prefix = this.#location(entry['prefix']) || location;
    if (prefix === '') throw this.#invalid('invalid condition: both location and prefix are unset');
    const wildcard = prefix.startsWith('*.');
    if (wildcard && /[/@:]/.test(prefix))
      throw this.#invalid(`wildcarded prefix ${prefix} should be in the format *.example.com`);
    if (location === '' && !wildcard)
      throw this.#invalid(`location of ${prefix} is unset and the prefix is not in the format *.example.com`);
    if (entry['pull-from-mirror'] !== undefined)
      throw this.#invalid(`pull-from-mirror must not be set for a non-mirror registry ${JSON.stringify(prefix)}`);
    const byDigestOnly = entry['mirror-by-digest-only'] === true;
    const mirrors = ((entry['mirror'] ?? []) as Table[]).map((mirror): Mirror => {
      if (byDigestOnly && mirror['pull-from-mirror'] !== undefined)
        throw this.#invalid(
          `cannot set mirror usage mirror-by-digest-only for the registry (${JSON.stringify(prefix)}) and pull-from-mirror for per-mirror (${JSON.stringify(mirror['location'])}) at the same time`,
        );
      const pull = mirror['pull-from-mirror'] ?? (byDigestOnly ? 'digest-only' : 'all');
      if (pull !== 'all' && pull !== 'digest-only' && pull !== 'tag-only')
        throw this.#invalid(`unsupported pull-from-mirror value ${JSON.stringify(pull)}`);
      const at = this.#location(mirror['location']);
      if (at === '') throw this.#invalid(`a mirror of ${prefix} has no location`);
      return { location: at, insecure: mirror['insecure'] === true, pull };
    });
    return { prefix, location, insecure: entry['insecure'] === true, blocked: entry['blocked'] === true, mirrors };
  }

  #location(value: unknown): string {
    if (value === undefined) return '';
    if (typeof value !== 'string') throw this.#invalid('a location must be a text');
    if (/^https?:\/\//.test(value))
      throw this.#invalid(`invalid location ${JSON.stringify(value)}: URI schemes are not supported`);
    return value.replace(/\/+$/, '');
  }

  #invalid(message: string): ConfigError {
    return new ConfigError('CONFIG_INVALID', this.#file, message);
  }
}

/** The entry with the longest prefix of a normalised name; a prefix ends at the end, `:`, `/` or `@`. */
export function findRegistry(configuration: RegistriesConfiguration, name: string): Registry | undefined {
  const fitting = configuration.registries.filter((registry) => prefixLength(registry.prefix, name) >= 0);
  return fitting.sort((a, b) => b.prefix.length - a.prefix.length)[0];
}

/** How much of the name a prefix stands for, or -1. */
function prefixLength(prefix: string, name: string): number {
  if (!prefix.startsWith('*.')) {
    return name.startsWith(prefix) && [undefined, ':', '/', '@'].includes(name[prefix.length]) ? prefix.length : -1;
  }
  const host = name.split('/')[0] ?? '';
  const bare = host.split(':')[0] ?? '';
  return bare.endsWith(prefix.slice(1)) && bare.length > prefix.length - 1 ? bare.length : -1;
}

/** A place to pull from: the name to ask for there, and whether plain HTTP and unknown certificates are accepted. */
export interface Endpoint {
  readonly name: string;
  readonly insecure: boolean;
}

/** Mirrors in order, then the registry itself, for a name with its tag or digest. */
export function pullEndpoints(configuration: RegistriesConfiguration, name: string): Endpoint[] {
  const registry = findRegistry(configuration, name);
  if (!registry) return [{ name, insecure: false }];
  const rest = name.slice(prefixLength(registry.prefix, name));
  const byDigest = name.includes('@');
  const mirrors = registry.mirrors
    .filter(({ pull }) => pull === 'all' || (pull === 'digest-only') === byDigest)
    .map(({ location, insecure }) => ({ name: `${location}${rest}`, insecure }));
  return [
    ...mirrors,
    { name: registry.location === '' ? name : `${registry.location}${rest}`, insecure: registry.insecure },
  ];
}
