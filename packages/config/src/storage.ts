/**
 * storage.conf: the main file (the first that exists), its drop-ins, and what environment and command line say over them.
 *
 * Each key is honoured, or refused with a clear error where ignoring it would harm the store, or reported as unknown.
 */
import { existsSync, readdirSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { basename } from 'node:path';
import { ConfigError } from './errors.ts';

export interface StorageConfiguration {
  readonly driver: 'overlay';
  readonly graphRoot: string;
  readonly runRoot: string;
  /** Options of overlay mounts: `nodev`. */
  readonly mountOptions: readonly string[];
  readonly skipMountHome: boolean;
  readonly syncFilesystem: boolean;
  readonly disableVolatile: boolean;
  /** Files that were read, for `info`. */
  readonly files: readonly string[];
  readonly unknown: readonly string[];
}

/** What the command line says over the files. */
export interface StorageFlags {
  readonly root?: string;
  readonly runRoot?: string;
  readonly driver?: string;
  /** `--storage-opt`: `key=value`, `overlay.key=value` or `.key=value`. */
  readonly options?: readonly string[];
}

export interface StorageEnvironment {
  /** Default: process.env. */
  readonly env?: NodeJS.ProcessEnv;
  /** uid of the ordinary user we work for; undefined for root. */
  readonly rootlessUid?: number | undefined;
  /** Instead of `/`, for tests. */
  readonly prefix?: string;
}

type Table = Record<string, unknown>;

export async function readStorageConfiguration(
  flags: StorageFlags = {},
  environment: StorageEnvironment = {},
): Promise<StorageConfiguration> {
  const env = environment.env ?? process.env;
  const files = storageFiles(environment);
  const merged: Table = {};
  if (files.length > 0) {
    const { parse } = await import('smol-toml');
    for (const file of files) merge(merged, parseFile(file, parse));
  }
  const where = files[0] ?? 'storage.conf';
  const storage = table(merged['storage']);
  const options = table(storage['options']);
  const ownRoots = flags.root !== undefined || flags.driver !== undefined;
  checkDriver(flags.driver || env['STORAGE_DRIVER'] || text(storage['driver']) || priority(storage), where);
  const driverOptions = collectOptions(
    ownRoots ? {} : { ...legacyOptions(options), ...table(options['overlay']) },
    flags.options,
    env,
    where,
  );
  refuse(storage, options, driverOptions, where);
  const defaults = defaultRoots(environment);
  const expand = (path: string | undefined) => (path ? resolved(expandVariables(path, environment), where) : undefined);
  return {
    driver: 'overlay',
    graphRoot:
      expand(flags.root) ??
      expand(text(storage['graphroot'])) ??
      expand(rootlessPath(storage, environment)) ??
      resolved(defaults.graphRoot, where),
    runRoot: expand(flags.runRoot) ?? expand(text(storage['runroot'])) ?? resolved(defaults.runRoot, where),
    mountOptions: (driverOptions['mountopt'] ?? '').split(',').filter(Boolean),
    skipMountHome: driverOptions['skip_mount_home'] === 'true',
    syncFilesystem: driverOptions['sync'] === 'filesystem',
    disableVolatile: options['disable-volatile'] === true || options['disable-volatile'] === 'true',
    files,
    unknown: Object.keys(driverOptions).filter((key) => !honoured.includes(key) && !refused.includes(key)),
  };
}

const honoured = ['mountopt', 'skip_mount_home', 'sync', 'ignore_chown_errors'];
/** Options that change what is written in ways this driver doesn't know. */
const refused = ['mount_program', 'force_mask', 'use_composefs', 'size', 'inodes'];

function refuse(storage: Table, options: Table, driverOptions: Record<string, string>, where: string): void {
  const set = refused.filter((key) => driverOptions[key] && driverOptions[key] !== 'false');
  if (driverOptions['ignore_chown_errors'] === 'true') set.push('ignore_chown_errors');
  if (storage['transient_store'] === true) set.push('transient_store');
  if (text(storage['imagestore'])) set.push('imagestore');
  for (const key of ['additionalimagestores', 'additionallayerstores']) {
    if (Array.isArray(options[key]) && options[key].length > 0) set.push(key);
  }
  if (set.length > 0)
    throw new ConfigError(
      'CONFIG_INVALID',
      where,
      `${set.join(', ')} isn't supported yet: remove it to use this store`,
    );
}

function checkDriver(driver: string, where: string): void {
  if (['', 'overlay', 'overlay2'].includes(driver)) return;
  throw new ConfigError(
    'CONFIG_INVALID',
    where,
    `storage driver ${JSON.stringify(driver)} isn't supported yet: only overlay is`,
  );
}

function priority(storage: Table): string {
  const wanted = storage['driver_priority'];
  if (!Array.isArray(wanted) || wanted.length === 0 || wanted.includes('overlay')) return '';
  return String(wanted[0]);
}

/** Spelling of before the drivers had tables of their own. */
function legacyOptions(options: Table): Table {
  const keys = ['mountopt', 'skip_mount_home', 'mount_program', 'ignore_chown_errors', 'force_mask', 'size'];
  return Object.fromEntries(keys.filter((key) => key in options).map((key) => [key, options[key]]));
}

function collectOptions(
  fromFile: Table,
  flags: readonly string[] = [],
  env: NodeJS.ProcessEnv,
  where: string,
): Record<string, string> {
  const texts = env['STORAGE_OPTS'] ? env['STORAGE_OPTS'].split(',').concat(flags) : [...flags];
  const base = env['STORAGE_OPTS'] ? {} : fromFile;
  const result = Object.fromEntries(Object.entries(base).map(([key, value]) => [key, String(value)]));
  for (const option of texts) {
    const equals = option.indexOf('=');
    if (equals < 0)
      throw new ConfigError('CONFIG_INVALID', where, `storage option ${JSON.stringify(option)} isn't key=value`);
    const [, driver, key = ''] = /^(?:(\w*)\.)?(.*)$/.exec(option.slice(0, equals)) ?? [];
    // Options of other drivers are none of ours.
    if (driver && !['overlay', 'overlay2'].includes(driver)) continue;
    result[key] = option.slice(equals + 1);
  }
  return result;
}

/** The main file, then drop-ins sorted by name; of two with one name the later folder's counts. */
function storageFiles({ env = process.env, rootlessUid, prefix = '' }: StorageEnvironment): string[] {
  const override = env['CONTAINERS_STORAGE_CONF_OVERRIDE'];
  const extra = override ? [existing(override)] : [];
  const named = env['CONTAINERS_STORAGE_CONF'];
  if (named) return [existing(named), ...extra];
  const user = `${env['XDG_CONFIG_HOME'] || `${env['HOME'] ?? ''}/.config`}/containers`;
  const etc = `${prefix}/etc/containers`;
  const share = `${prefix}/usr/share/containers`;
  const main = [`${user}/storage.conf`, `${etc}/storage.conf`, `${share}/storage.conf`].find((path) =>
    existsSync(path),
  );
  const kinds =
    rootlessUid === undefined
      ? ['storage.conf.d', 'storage.rootful.conf.d']
      : ['storage.conf.d', 'storage.rootless.conf.d', `storage.rootless.conf.d/${rootlessUid}`];
  const folders = [
    ...kinds.map((kind) => `${share}/${kind}`),
    ...kinds.map((kind) => `${etc}/${kind}`),
    `${user}/storage.conf.d`,
  ];
  const dropIns = new Map<string, string>();
  for (const folder of folders) for (const path of configurationFiles(folder)) dropIns.set(basename(path), path);
  const sorted = [...dropIns].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, path]) => path);
  return [...(main ? [main] : []), ...sorted, ...extra];
}

function existing(path: string): string {
  if (!existsSync(path)) throw new ConfigError('CONFIG_UNREADABLE', path, 'no such file or directory');
  return path;
}

function configurationFiles(folder: string): string[] {
  try {
    return readdirSync(folder)
      .filter((name) => name.endsWith('.conf'))
      .map((name) => `${folder}/${name}`);
  } catch {
    return [];
  }
}

function parseFile(file: string, parse: (text: string) => unknown): Table {
  try {
    return parse(readFileSync(file, 'utf8')) as Table;
  } catch (error) {
    throw new ConfigError('CONFIG_INVALID', file, (error as Error).message, { cause: error });
  }
}

function merge(into: Table, from: Table): void {
  for (const [key, value] of Object.entries(from)) {
    if (isTable(value)) {
      if (!isTable(into[key])) into[key] = {};
      merge(into[key] as Table, value);
    } else into[key] = value;
  }
}

function isTable(value: unknown): value is Table {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date);
}

function table(value: unknown): Table {
  return isTable(value) ? value : {};
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function rootlessPath(storage: Table, { rootlessUid }: StorageEnvironment): string | undefined {
  return rootlessUid === undefined ? undefined : text(storage['rootless_storage_path']) || undefined;
}

/** An ordinary user's folders (storage: types.getRootlessStorageOpts). */
function defaultRoots({ env = process.env, rootlessUid }: StorageEnvironment): { graphRoot: string; runRoot: string } {
  if (rootlessUid === undefined)
    return { graphRoot: '/var/lib/containers/storage', runRoot: '/run/containers/storage' };
  const data = env['XDG_DATA_HOME'] || `${env['HOME'] ?? ''}/.local/share`;
  return { graphRoot: `${data}/containers/storage`, runRoot: `${runtimeDirectory(rootlessUid, env)}/containers` };
}

/** Where an ordinary user's volatile files go: $XDG_RUNTIME_DIR, else /run/user/UID, else a folder in $TMPDIR. */
export function runtimeDirectory(uid: number, env: NodeJS.ProcessEnv = process.env): string {
  if (env['XDG_RUNTIME_DIR']) return env['XDG_RUNTIME_DIR'];
  const system = `/run/user/${uid}`;
  // Inside the user namespace the user is root, so that the owner shows as 0.
  const status = statSync(system, { throwIfNoEntry: false });
  if (status?.isDirectory() && [0, uid].includes(status.uid)) return system;
  return `${env['TMPDIR'] || '/tmp'}/podman-run-${uid}`;
}

function expandVariables(path: string, { env = process.env, rootlessUid }: StorageEnvironment): string {
  return path.replace(/\$(?:\{(\w+)\}|(\w+))/g, (_, braced?: string, plain?: string) => {
    const name = braced ?? plain ?? '';
    return name === 'UID' ? String(rootlessUid ?? 0) : (env[name] ?? '');
  });
}

/** With links resolved as far as the path exists, once: later calls compare paths. */
function resolved(path: string, where: string): string {
  if (!path.startsWith('/'))
    throw new ConfigError('CONFIG_INVALID', where, `storage root ${JSON.stringify(path)} isn't an absolute path`);
  const parts = path.split('/').filter(Boolean);
  for (let count = parts.length; count > 0; count--) {
    const head = `/${parts.slice(0, count).join('/')}`;
    if (existsSync(head)) return [realpathSync(head).replace(/\/$/, ''), ...parts.slice(count)].join('/');
  }
  return `/${parts.join('/')}`;
}
