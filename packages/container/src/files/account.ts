/** Lines in the container's passwd and group: for a numeric user that has none, and for users of the host that shall be known. */
import { readFileSync, writeFileSync } from 'node:fs';
import type { ContainerUser } from '@lighter/runtime/spec/user';
import type { Mount } from '@lighter/spec/runtime';
import type { ContainerConfig, ContainerPaths } from '../config.ts';
import { appendTextFile, pathKind, readTextFile } from '../rootfs.ts';
import { hostUserLines } from './host-users.ts';

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
export function addAccount(input: AccountInput): Mount[] {
  const { accounts = {} } = input.config;
  if (accounts.disabled) return [];
  const own = ownLines(input);
  const others = hostUserLines(accounts.hostUsers ?? []);
  return [
    ...add(input, '/etc/passwd', [...own.passwd, ...others.passwd]),
    ...add(input, '/etc/group', [...own.group, ...others.group]),
  ];
}

function ownLines({ config, user }: AccountInput): { readonly passwd: string[]; readonly group: string[] } {
  if (user.home !== undefined) return { passwd: [], group: [] };
  const { passwdEntry, groupEntry } = config.accounts ?? {};
  const workdir = config.spec.process?.cwd ?? '/';
  const [name, description] = hostName(user.uid) ?? [String(user.uid), 'container user'];
  const values = { USERNAME: name, UID: user.uid, GID: user.gid, NAME: description, HOME: workdir };
  const passwd = passwdEntry
    ? filled(passwdEntry, values)
    : `${name}:*:${user.uid}:${user.gid}:${description}:${workdir}:/bin/sh`;
  if (user.hasGroup) return { passwd: [passwd], group: [] };
  const group = groupEntry
    ? filled(groupEntry, { GROUPNAME: user.gid, GID: user.gid, USERLIST: user.uid })
    : `${user.gid}:x:${user.gid}:${user.uid}`;
  return { passwd: [passwd], group: [group] };
}

/** `$NAME` by its value. */
function filled(template: string, values: Readonly<Record<string, string | number>>): string {
  return template
    .replace(/\$([A-Z]+)/g, (whole, name: string) => (name in values ? String(values[name]) : whole))
    .trimEnd();
}

function add({ config, paths, root }: AccountInput, path: string, wanted: readonly string[]): Mount[] {
  if (wanted.length === 0) return [];
  const isMounted = config.spec.mounts?.some(({ destination }) => destination === path || destination === '/etc');
  if (isMounted || pathKind(root, path) !== 'other') return [];
  const before = readTextFile(root, path);
  const names = new Set(before.split('\n').map((line) => line.split(':')[0]));
  const lines = wanted.filter((line) => !names.has(line.split(':')[0]));
  const text = lines.map((line) => `${line}\n`).join('');
  const separator = before === '' || before.endsWith('\n') ? '' : '\n';
  if (!config.readOnly) {
    if (text !== '') appendTextFile(root, path, separator + text);
    return [];
  }
  const source = `${paths.bundle}/${path.slice('/etc/'.length)}`;
  writeFileSync(source, before + separator + text, { mode: 0o644 });
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
