/** A line in the container's passwd and group for a numeric user that has none, so that programs find its name. */
import { readFileSync, writeFileSync } from 'node:fs';
import type { ContainerUser } from '@lighter/runtime/spec/user';
import type { Mount } from '@lighter/spec/runtime';
import type { ContainerConfig, ContainerPaths } from '../config.ts';
import { appendTextFile, pathKind, readTextFile } from '../rootfs.ts';

export interface AccountInput {
  readonly config: ContainerConfig;
  readonly paths: ContainerPaths;
  /** Descriptor of the container's root file system. */
  readonly root: number;
  readonly user: ContainerUser;
}

/**
 * Appends to the files in a writable root file system; for a read-only one returns binds of copies. Files that aren't
 * there, or that the user mounts, stay as they are.
 */
export function addAccount({ config, paths, root, user }: AccountInput): Mount[] {
  if (user.home !== undefined) return [];
  const workdir = config.spec.process?.cwd ?? '/';
  const [name, description] = hostName(user.uid) ?? [String(user.uid), 'container user'];
  const lines: [path: string, line: string][] = [
    ['/etc/passwd', `${name}:*:${user.uid}:${user.gid}:${description}:${workdir}:/bin/sh\n`],
  ];
  if (!user.hasGroup) lines.push(['/etc/group', `${user.gid}:x:${user.gid}:${user.uid}\n`]);
  return lines.flatMap(([path, line]) => add(config, paths, root, path, line));
}

function add(config: ContainerConfig, paths: ContainerPaths, root: number, path: string, line: string): Mount[] {
  const isMounted = config.spec.mounts?.some(({ destination }) => destination === path || destination === '/etc');
  if (isMounted || pathKind(root, path) !== 'other') return [];
  const before = readTextFile(root, path);
  const separator = before === '' || before.endsWith('\n') ? '' : '\n';
  if (!config.readOnly) {
    appendTextFile(root, path, separator + line);
    return [];
  }
  const source = `${paths.bundle}/${path.slice('/etc/'.length)}`;
  writeFileSync(source, before + separator + line, { mode: 0o644 });
  return [
    { destination: path, type: 'bind', source, options: ['bind', 'rprivate', 'ro', 'nosuid', 'noexec', 'nodev'] },
  ];
}

/** The host's own name and description for that id. */
function hostName(uid: number): [name: string, description: string] | undefined {
  for (const line of readFileSync('/etc/passwd', 'utf8').split('\n')) {
    const [name = '', , id, , description = ''] = line.split(':');
    if (id === String(uid) && name !== '') return [name, description];
  }
  return undefined;
}
