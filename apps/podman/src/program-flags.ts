/** podman's own flags, before the verb or behind it. */
import { choice, string, stringList, strings } from '@lighter/cli/flags';

export const programFlags = {
  'cgroup-manager': choice('cgroup manager to use', ['cgroupfs', 'systemd']),
  conmon: string('path of the conmon binary'),
  'events-backend': choice('events backend to use', ['file', 'journald', 'none'], { hidden: true }),
  'cdi-spec-dir': strings('CDI spec directory path'),
  'hooks-dir': strings('OCI hooks directory path'),
  'log-level': string('log messages above specified level (trace, debug, info, warn, error, fatal, panic)'),
  'network-config-dir': string('path of the configuration directory for networks'),
  'registries-conf': string('path to a registries.conf file', { hidden: true }),
  root: string('path to the graph root directory where images, containers, etc. are stored'),
  runroot: string("path to the 'run directory' where all state information is stored"),
  runtime: string('path to the OCI-compatible binary used to run containers'),
  'runtime-flag': strings('add global flags for the container runtime'),
  'storage-driver': string('select which storage driver is used to manage storage of images and containers'),
  'storage-opt': stringList('used to pass an option to the storage driver'),
  tmpdir: string('path to the tmp directory for libpod state content', { hidden: true }),
};
