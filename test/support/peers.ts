/** The distribution's Go tools beside ours on one store. */
import { writeFileSync } from 'node:fs';
import { must, peer, type Result, type RunOptions, run } from './command.ts';

export interface StorePaths {
  readonly root: string;
  readonly runroot: string;
}

/** Paths of a store below a scratch directory. */
export function storeIn(directory: string): StorePaths {
  return { root: `${directory}/root`, runroot: `${directory}/run` };
}

/** Global flags that point any of the tools at a store. */
export function storeFlags(store: StorePaths): string[] {
  return ['--root', store.root, '--runroot', store.runroot, '--storage-driver', 'overlay'];
}

/**
 * Runs the distribution's podman, buildah or skopeo on a store, with a configuration that works on hosts without
 * CAP_SYS_RESOURCE, without systemd and with hybrid cgroups.
 */
export function peerOn(
  store: StorePaths,
  name: 'podman' | 'buildah',
  args: readonly string[],
  options: RunOptions = {},
): Promise<Result> {
  return run(peer(name), [...peerFlags(store, name), ...args], { ...options, env: peerEnvironment(store, options) });
}

/** Like {@link peerOn}, but a failure throws. */
export function mustPeerOn(
  store: StorePaths,
  name: 'podman' | 'buildah',
  args: readonly string[],
  options: RunOptions = {},
): Promise<string> {
  return must(peer(name), [...peerFlags(store, name), ...args], { ...options, env: peerEnvironment(store, options) });
}

function peerFlags(store: StorePaths, name: string): string[] {
  return [
    ...storeFlags(store),
    ...(name === 'podman' ? ['--tmpdir', `${store.runroot}/libpod`, '--cgroup-manager', 'cgroupfs'] : []),
  ];
}

function peerEnvironment(store: StorePaths, options: RunOptions): NonNullable<RunOptions['env']> {
  const configuration = `${store.root}.containers.conf`;
  writeFileSync(
    configuration,
    `[containers]
default_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
[network]
network_backend = "cni"
`,
  );
  return { CONTAINERS_CONF: configuration, PODMAN_IGNORE_CGROUPSV1_WARNING: '1', ...options.env };
}
