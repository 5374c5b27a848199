/** The last steps before a container is created: user, working directory, generated files, config.json. */
import { closeSync, renameSync, writeFileSync } from 'node:fs';
import { type HookStage, type OciHook, ociHooks } from '@lighter/config/oci-hooks';
import type { NetworkStatus } from '@lighter/network/types';
import { completeSpec } from '@lighter/runtime/spec/complete';
import { serializeSpec } from '@lighter/runtime/spec/serialize';
import { type ContainerUser, lookUpUser } from '@lighter/runtime/spec/user';
import { validateSpec } from '@lighter/runtime/spec/validate';
import type { Spec } from '@lighter/spec/runtime';
import { type ContainerConfig, type ContainerPaths, hasPinnedNetwork, netnsPath } from './config.ts';
import { ContainerError } from './errors.ts';
import { addAccount } from './files/account.ts';
import { makeGeneratedFiles } from './files/generated.ts';
import { makeSubscriptions } from './files/subscriptions.ts';
import { makeDirectories, makeLink, openRoot, pathKind, readTextFile } from './rootfs.ts';
import { mountShm } from './shm.ts';

export interface BundleInput {
  readonly config: ContainerConfig;
  readonly paths: ContainerPaths;
  /** Where the root file system is mounted. */
  readonly rootPath: string;
  /** What the networks gave, for the bridge mode. */
  readonly network?: NetworkStatus;
  /** Processes of the containers whose namespaces are joined, by id. */
  readonly joined?: ReadonlyMap<string, number>;
  /** Where hooks for containers are described; the later ones win. */
  readonly hookDirectories?: readonly string[];
  /** Variables known only now. */
  readonly env?: readonly string[];
}

/**
 * Makes everything the runtime needs. Both directories must exist. Undone by `cleanUpContainer`, also after a failure
 * or a crash half-way.
 */
export function writeBundle(input: BundleInput): Spec {
  const { config, paths } = input;
  const root = openRoot(input.rootPath);
  try {
    const user = lookUpUser(
      config.user,
      { passwd: readTextFile(root, '/etc/passwd'), group: readTextFile(root, '/etc/group') },
      config.groupAdd,
    );
    prepareRootfs(config, root, user);
    const accounts = addAccount({ config, paths, root, user });
    mountShm(config, paths);
    const spec = completeSpec(config.spec, {
      rootPath: input.rootPath,
      user,
      generated: [
        ...makeGeneratedFiles({ config, paths, root, network: input.network }),
        ...makeSubscriptions(paths),
        ...accounts,
      ],
      hostname: config.hostname,
      ...(hasPinnedNetwork(config) ? { networkNamespace: netnsPath(config, paths) } : {}),
      ...(input.env ? { env: input.env } : {}),
      ...(input.joined ? { joined: input.joined } : {}),
    });
    addHooks(spec, config, input.hookDirectories ?? []);
    validateSpec(spec);
    // conmon that lost its caller starts at once: it must find a whole file or none.
    writeFileSync(`${paths.bundle}/config.json.new`, serializeSpec(spec), { mode: 0o644 });
    renameSync(`${paths.bundle}/config.json.new`, `${paths.bundle}/config.json`);
    return spec;
  } finally {
    closeSync(root);
  }
}

function addHooks(spec: Spec, config: ContainerConfig, directories: readonly string[]): void {
  const hooks = ociHooks(directories, {
    annotations: spec.annotations ?? {},
    command: spec.process?.args?.[0] ?? '',
    hasBindMounts: config.spec.mounts?.some(({ type, source }) => type === 'bind' && source !== '/sys') ?? false,
  });
  for (const [stage, list] of Object.entries(hooks) as [HookStage, OciHook[]][]) {
    spec.hooks = { ...spec.hooks, [stage]: [...(spec.hooks?.[stage] ?? []), ...list] };
  }
}

function prepareRootfs(config: ContainerConfig, root: number, user: ContainerUser): void {
  const mounted = new Set((config.spec.mounts ?? []).map(({ destination }) => destination));
  if (!mounted.has('/etc')) {
    makeDirectories(root, '/etc', { uid: 0, gid: 0 });
    makeLink(root, '/etc', 'mtab', '/proc/mounts');
  }
  const workdir = config.spec.process?.cwd ?? '/';
  // Below a mount the directory is the mount's business: what is there can't be seen from here.
  if ([...mounted].some((point) => workdir === point || workdir.startsWith(`${point}/`))) return;
  const kind = pathKind(root, workdir);
  if (kind === 'directory') return;
  if (kind === 'other') {
    throw new ContainerError(
      'ROOTFS_UNUSABLE',
      `workdir "${workdir}" exists on container ${config.id}, but is not a directory`,
    );
  }
  if (!config.createWorkdir) {
    throw new ContainerError('ROOTFS_UNUSABLE', `workdir "${workdir}" does not exist on container ${config.id}`);
  }
  makeDirectories(root, workdir, user);
}
