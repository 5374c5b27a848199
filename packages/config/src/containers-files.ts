/** Which files make up containers.conf, in the order in which they are read; later ones win. */
import { existsSync, readdirSync } from 'node:fs';
import { ConfigError } from './errors.ts';

export interface ContainersFileOptions {
  /** Default: process.env. */
  readonly env?: NodeJS.ProcessEnv;
  /** uid of the ordinary user we work for; undefined for root. */
  readonly rootlessUid?: number;
  /** `--module`: names or paths. */
  readonly modules?: readonly string[];
  /** Instead of `/`, for tests. */
  readonly root?: string;
}

/** Names of files that exist. `CONTAINERS_CONF` and `CONTAINERS_CONF_OVERRIDE` must. */
export function containersFiles(options: ContainersFileOptions = {}): string[] {
  const env = options.env ?? process.env;
  const files = env['CONTAINERS_CONF'] ? [named(env['CONTAINERS_CONF'])] : systemFiles(options);
  files.push(...(options.modules ?? []).map((module) => modulePath(module, options)));
  if (env['CONTAINERS_CONF_OVERRIDE']) files.push(named(env['CONTAINERS_CONF_OVERRIDE']));
  return files;
}

function systemFiles(options: ContainersFileOptions): string[] {
  const root = options.root ?? '';
  const { rootlessUid } = options;
  const etc = `${root}/etc/containers`;
  const files = [
    `${root}/usr/share/containers/containers.conf`,
    `${etc}/containers.conf`,
    ...dropIns(`${etc}/containers.conf.d`),
  ];
  if (rootlessUid !== undefined) {
    const user = userDirectory(options);
    files.push(
      `${etc}/containers.rootless.conf`,
      ...dropIns(`${etc}/containers.rootless.conf.d`),
      ...dropIns(`${etc}/containers.rootless.conf.d/${rootlessUid}`),
      `${user}/containers.conf`,
      ...dropIns(`${user}/containers.conf.d`),
    );
  }
  return files.filter((file) => existsSync(file));
}

function userDirectory({ env = process.env }: ContainersFileOptions): string {
  return `${env['XDG_CONFIG_HOME'] || `${env['HOME'] ?? ''}/.config`}/containers`;
}

function dropIns(directory: string): string[] {
  try {
    return readdirSync(directory)
      .filter((name) => name.endsWith('.conf'))
      .sort()
      .map((name) => `${directory}/${name}`);
  } catch {
    return [];
  }
}

function modulePath(module: string, options: ContainersFileOptions): string {
  if (module.startsWith('/')) return named(module);
  const root = options.root ?? '';
  const directories = [
    ...(options.rootlessUid === undefined ? [] : [userDirectory(options)]),
    `${root}/etc/containers`,
    `${root}/usr/share/containers`,
  ].map((directory) => `${directory}/containers.conf.modules`);
  for (const directory of directories) {
    if (existsSync(`${directory}/${module}`)) return `${directory}/${module}`;
  }
  throw new ConfigError('CONFIG_UNREADABLE', module, `no such module in ${directories.join(', ')}`);
}

function named(path: string): string {
  if (!existsSync(path)) throw new ConfigError('CONFIG_UNREADABLE', path, 'no such file or directory');
  return path;
}
