/** Flags that every verb takes. */
import { string, stringList } from '@lighter/cli/flags';

export const programFlags = {
  root: string('storage root dir'),
  runroot: string('storage state dir'),
  'storage-driver': string('storage-driver'),
  'storage-opt': stringList('storage driver option'),
  'log-level': string('The log level to be used, one of "trace", "debug", "info", "warn", "error", "fatal", "panic"'),
  'registries-conf': string('path to registries.conf file', { hidden: true }),
};
