/** Which program gives a container a network in user space. */
import { accessSync, constants } from 'node:fs';
import { NetworkError } from '../errors.ts';

export type UserNetworkProgram = 'pasta' | 'slirp4netns';

/** Absolute path. Throws NetworkError `PLUGIN_MISSING`. */
export function findUserNetworkProgram(name: UserNetworkProgram, directories: readonly string[]): string {
  const path = search(name, directories);
  if (path !== undefined) return path;
  throw new NetworkError(
    'PLUGIN_MISSING',
    `could not find ${name}, the network namespace can't be configured: exec: "${name}": executable file not found in $PATH`,
  );
}

/** The first one that is there; `preferred` when none is, so that the message names it. */
export function chooseUserNetworkProgram(
  preferred: UserNetworkProgram,
  directories: readonly string[],
): UserNetworkProgram {
  const other = preferred === 'pasta' ? 'slirp4netns' : 'pasta';
  return search(preferred, directories) === undefined && search(other, directories) !== undefined ? other : preferred;
}

function search(name: string, directories: readonly string[]): string | undefined {
  const path = (process.env['PATH'] ?? '').split(':').filter((directory) => directory.startsWith('/'));
  return [...directories, ...path, '/usr/bin', '/usr/local/bin']
    .map((directory) => `${directory}/${name}`)
    .find((candidate) => {
      try {
        accessSync(candidate, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}
