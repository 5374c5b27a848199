/** What flags, environment, configuration files and the machine lead to. */
import { existsSync } from 'node:fs';
import { type CrioConfiguration, readCrioConfiguration } from '@lighter/config/crio';
import type { CrioFlags } from './program-flags.ts';

export interface Settings {
  /** With flags and environment in the place of what the files say. */
  readonly configuration: CrioConfiguration;
  readonly cgroupManager: 'systemd' | 'cgroupfs';
  /** undefined when no OCI runtime is there. */
  readonly runtimePath: string | undefined;
}

/** Throws a CrioConfigurationError that names file and key. */
export async function readSettings(flags: CrioFlags): Promise<Settings> {
  const read = await readCrioConfiguration({
    ...(flags.config === undefined ? {} : { file: flags.config }),
    ...(flags['config-dir'] === undefined ? {} : { directory: flags['config-dir'] }),
  });
  const configuration: CrioConfiguration = {
    ...read,
    root: flags.root ?? read.root,
    runRoot: flags.runroot ?? read.runRoot,
    storageDriver: flags['storage-driver'] ?? read.storageDriver,
    storageOptions: flags['storage-opt'] ?? read.storageOptions,
    listen: flags.listen ?? read.listen,
    cgroupManager: flags['cgroup-manager'] ?? read.cgroupManager,
    defaultRuntime: flags['default-runtime'] ?? read.defaultRuntime,
    logLevel: flags['log-level'] ?? read.logLevel,
  };
  return {
    configuration,
    cgroupManager: configuration.cgroupManager ?? machineCgroupManager(),
    runtimePath: runtimePath(configuration),
  };
}

function machineCgroupManager(): 'systemd' | 'cgroupfs' {
  return existsSync('/run/systemd/system') ? 'systemd' : 'cgroupfs';
}

const RUNTIME_DIRECTORIES = [
  '/usr/libexec/crio',
  '/usr/local/bin',
  '/usr/local/sbin',
  '/usr/bin',
  '/usr/sbin',
  '/bin',
  '/sbin',
];

/** The named runtime, or the first of crun and runc that is installed. */
function runtimePath({ defaultRuntime, runtimePaths }: CrioConfiguration): string | undefined {
  const configured = defaultRuntime === undefined ? '' : runtimePaths[defaultRuntime];
  if (configured) return configured;
  return (defaultRuntime === undefined ? ['crun', 'runc'] : [defaultRuntime])
    .flatMap((name) => RUNTIME_DIRECTORIES.map((directory) => `${directory}/${name}`))
    .find((path) => existsSync(path));
}
