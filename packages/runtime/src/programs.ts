/** Finding conmon and the OCI runtime. Nothing is executed to find out. */
import { accessSync, constants } from 'node:fs';
import { basename } from 'node:path';
import { type CgroupMounts, readCgroupMounts } from './cgroups.ts';
import { RuntimeError } from './errors.ts';

const directories = [
  '/usr/bin',
  '/usr/sbin',
  '/usr/local/bin',
  '/usr/local/sbin',
  '/sbin',
  '/bin',
  '/run/current-system/sw/bin',
];

export interface RuntimeChoice {
  /** A name to look for or an absolute path (`--runtime`, containers.conf `runtime`); undefined: what works here. */
  readonly wanted?: string;
  /** containers.conf `[engine.runtimes]`: name → paths in order. */
  readonly runtimes?: Readonly<Record<string, readonly string[]>>;
}

/**
 * Absolute path of the OCI runtime. Without a wish it is crun, or runc where crun isn't there or refuses the host:
 * crun doesn't run where cgroup version 1 controllers stand beside a mounted unified hierarchy.
 */
export function findRuntime(choice: RuntimeChoice = {}, cgroups: CgroupMounts = readCgroupMounts()): string {
  const { wanted } = choice;
  if (wanted?.startsWith('/')) {
    if (isExecutable(wanted)) return wanted;
    throw new RuntimeError('PROGRAM_MISSING', `OCI runtime ${wanted} isn't there or can't be executed`);
  }
  if (wanted !== undefined) {
    const found = locate(wanted, choice.runtimes?.[wanted]);
    if (found === undefined) {
      throw new RuntimeError('PROGRAM_MISSING', `default OCI runtime "${wanted}" not found: invalid argument`);
    }
    return found;
  }
  const names = cgroups.hybrid ? ['runc', 'crun'] : ['crun', 'runc'];
  for (const name of names) {
    const found = locate(name, choice.runtimes?.[name]);
    if (found !== undefined) return found;
  }
  throw new RuntimeError('PROGRAM_MISSING', 'no OCI runtime found: install crun or runc');
}

function locate(name: string, configured: readonly string[] | undefined): string | undefined {
  for (const path of [
    ...(configured ?? []),
    ...directories.map((directory) => `${directory}/${name}`),
    ...onPath(name),
  ]) {
    if (isExecutable(path)) return path;
  }
  return undefined;
}

const conmonPaths = [
  '/usr/libexec/podman/conmon',
  '/usr/local/libexec/podman/conmon',
  '/usr/local/lib/podman/conmon',
  '/usr/bin/conmon',
  '/usr/sbin/conmon',
  '/usr/local/bin/conmon',
  '/usr/local/sbin/conmon',
  '/run/current-system/sw/bin/conmon',
];

/** Absolute path of conmon: the first that is there of `conmon_path` in containers.conf, else of the usual places. */
export function findConmon(configured: readonly string[] = []): string {
  for (const path of [...configured, ...conmonPaths, ...onPath('conmon')]) {
    if (isExecutable(path)) return path;
  }
  throw new RuntimeError('PROGRAM_MISSING', 'could not find a working conmon binary: install conmon');
}

function onPath(name: string): string[] {
  const path = process.env['PATH'] ?? '';
  return path
    .split(':')
    .filter((directory) => directory.startsWith('/'))
    .map((directory) => `${directory}/${basename(name)}`);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
