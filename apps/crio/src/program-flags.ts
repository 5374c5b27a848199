/** Flags of the program itself; each may also be given as an environment variable, as with CRI-O. */
import { choice, type FlagValues, parseFlags, string, strings } from '@lighter/cli/flags';
import { logLevels } from '@lighter/cli/log';

export const programFlags = {
  'cgroup-manager': choice('cgroup manager', ['cgroupfs', 'systemd']),
  config: string('path to the configuration file', { short: 'c', defaultText: '"/etc/crio/crio.conf"' }),
  'config-dir': string('path to the configuration drop-in directory', {
    short: 'd',
    defaultText: '"/etc/crio/crio.conf.d"',
  }),
  'default-runtime': string('name of the default OCI runtime'),
  listen: string('path of the socket to listen on', { defaultText: '"/var/run/crio/crio.sock"' }),
  'log-level': choice('log messages above the specified level', [...logLevels, 'warning'], {
    short: 'l',
    valueName: 'level',
    defaultText: '"info"',
  }),
  root: string('root directory of the image store', { short: 'r' }),
  runroot: string('state directory of the image store'),
  'storage-driver': string('storage driver', { short: 's' }),
  'storage-opt': strings('storage driver options'),
};

export type CrioFlags = FlagValues<typeof programFlags>;

/** What isn't given is taken from `CONTAINER_LISTEN`, `CONTAINER_CGROUP_MANAGER` and so on, where set. Throws a FlagError. */
export function withEnvironment(given: CrioFlags, environment: NodeJS.ProcessEnv): CrioFlags {
  const argv = Object.keys(programFlags).flatMap((name) => {
    const value = environment[`CONTAINER_${name.toUpperCase().replaceAll('-', '_')}`];
    return value ? [`--${name}=${value}`] : [];
  });
  return { ...parseFlags(programFlags, argv).flags, ...given };
}
