/** The process of an exec session (config.md, "Process"): the container's own, with what was asked for put over it. */

import { closeSync } from 'node:fs';
import { capabilitySets } from '@lighter/runtime/spec/capabilities';
import { defaultVariable } from '@lighter/runtime/spec/environment';
import { lookUpUser } from '@lighter/runtime/spec/user';
import type { Process } from '@lighter/spec/runtime';
import type { ContainerConfig } from '../config.ts';
import { openRoot, readTextFile } from '../rootfs.ts';

export interface ExecOptions {
  readonly command: readonly string[];
  readonly terminal: boolean;
  /** `NAME=value`, over the container's. */
  readonly env: readonly string[];
  /** Default: the container's. */
  readonly user?: string;
  /** Default: the container's. */
  readonly workdir?: string;
  /** Every capability that we have ourselves. */
  readonly privileged: boolean;
}

/** `rootPath` is where the root file system is mounted; `bounding` our own bounding set. */
export function execProcess(
  config: ContainerConfig,
  rootPath: string,
  options: ExecOptions,
  bounding: readonly string[],
): Process {
  const template = config.spec.process ?? { cwd: '/', user: { uid: 0, gid: 0 } };
  const user = lookUp(options.user ?? config.user, rootPath, config.groupAdd);
  const env = withVariables(template.env ?? [], options.env);
  if (options.terminal) defaultVariable(env, 'TERM', 'xterm');
  if (user.home !== undefined) defaultVariable(env, 'HOME', user.home);
  const own = template.capabilities;
  const set = options.privileged ? bounding : (own?.bounding ?? []);
  // Another user than the container's starts with nothing; the same one has what the container has.
  const same = options.user === undefined || options.user === config.user;
  const added = same && !options.privileged ? (own?.effective ?? []) : [];
  return {
    ...template,
    terminal: options.terminal,
    args: [...options.command],
    env,
    cwd: options.workdir ?? template.cwd,
    user: {
      ...template.user,
      uid: user.uid,
      gid: user.gid,
      additionalGids: user.additionalGids,
    },
    capabilities: capabilitySets(set, added, user.uid === 0),
  };
}

function lookUp(text: string, rootPath: string, groups: readonly string[]) {
  const root = openRoot(rootPath);
  try {
    const files = { passwd: readTextFile(root, '/etc/passwd'), group: readTextFile(root, '/etc/group') };
    return lookUpUser(text, files, groups);
  } finally {
    closeSync(root);
  }
}

/** Later values of a variable take the place of earlier ones. */
function withVariables(base: readonly string[], over: readonly string[]): string[] {
  const name = (text: string) => text.slice(0, text.indexOf('='));
  const taken = new Set(over.map(name));
  return [...base.filter((text) => !taken.has(name(text))), ...over];
}
