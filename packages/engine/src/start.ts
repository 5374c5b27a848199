/**
 * Starting a container. conmon is spawned first, held by its start pipe, while the root file system is mounted, networks are connected and
 * the configuration is written.
 */
import { copyFileSync, mkdirSync, rmSync } from 'node:fs';
import { writeBundle } from '@lighter/container/bundle';
import { type ContainerConfig, type ContainerPaths, hasPinnedNetwork, publishedPorts } from '@lighter/container/config';
import { createRequest } from '@lighter/container/create';
import { setUpNetwork } from '@lighter/container/network';
import { rootlessUid } from '@lighter/linux/launched';
import type { NetworkStatus } from '@lighter/network/types';
import type { Monitor } from '@lighter/runtime/types';
import type { Engine } from './engine.ts';
import { containerNetworks } from './networks/backend.ts';
import type { ContainerRecord, ContainerState } from './record.ts';

/** containers.conf's own default. */
const DEFAULT_HOOKS = '/usr/share/containers/oci/hooks.d';

export interface StartOptions {
  /** Given the attach stream before the container runs, so that no output is lost. */
  readonly onCreated?: (monitor: Monitor) => Promise<void>;
  readonly preservedFds?: readonly number[];
  /** Looked at for the last time before the container's command begins. */
  readonly signal?: AbortSignal;
}

export interface Started {
  readonly monitor: Monitor;
  readonly state: ContainerState;
  readonly warnings: readonly string[];
}

/** Creates it in the runtime and starts it. The caller owns the container, and cleans up when this fails. */
export async function startContainer(
  engine: Engine,
  record: ContainerRecord,
  options: StartOptions = {},
): Promise<Started> {
  const { config } = record;
  const joined = record.dependencies
    ? await (await import('./dependencies.ts')).startDependencies(engine, record, options.signal)
    : undefined;
  const paths = engine.containerPaths(config.id);
  mkdirSync(paths.bundle, { recursive: true, mode: 0o700 });
  mkdirSync(paths.runDirectory, { recursive: true, mode: 0o700 });
  mkdirSync(paths.exitDirectory, { recursive: true, mode: 0o750 });
  if (paths.persistDirectory) mkdirSync(paths.persistDirectory, { recursive: true, mode: 0o750 });
  // Of the last run. conmon that loses us at once must not start anything.
  for (const stale of [`${paths.exitDirectory}/${config.id}`, `${paths.bundle}/config.json`])
    rmSync(stale, { force: true });
  const monitor = await engine.monitor(config);
  const preparing: ContainerState = { status: 'initialized', pid: 0, conmonPid: 0, started: 0, clean: false };
  engine.containers.setState(config.id, preparing);
  const guard = engine.options.command.replace(/[^/]*$/, 'lighter-guard');
  const notifySocket = process.env['NOTIFY_SOCKET'];
  await using pending = await monitor.spawn(
    createRequest(config, paths, {
      exitCommand: [
        guard,
        engine.paths.owner(config.id),
        '--',
        ...engine.cleanupCommand(config.id, config.autoRemove ? ['--rm'] : []),
      ],
      ...(options.preservedFds ? { preservedFds: options.preservedFds } : {}),
      ...(notifySocket ? { notifySocket } : {}),
      ...(process.env['INVOCATION_ID'] ? { keepConmonCgroup: true } : {}),
    }),
  );
  const [storePath, network] = await together(
    record.rootfs ? Promise.resolve(record.rootfs.source) : engine.store.mount(config.id),
    connect(engine, config, paths),
  );
  if (record.preparations) await (await import('./volumes/prepare.ts')).prepareMounts(engine, record, storePath);
  const rootPath = config.spec.linux?.uidMappings
    ? (await import('./userns/rootfs.ts')).exposeRootfs(config, paths, record.rootfs?.path ?? storePath)
    : (record.rootfs?.path ?? storePath);
  const env = record.secrets ? await (await import('./secrets/use.ts')).secretVariables(engine, record.secrets) : [];
  writeBundle({
    config,
    paths,
    rootPath,
    env,
    hookDirectories: await hookDirectories(engine),
    ...(network ? { network } : {}),
    ...(joined ? { joined } : {}),
  });
  const { pid, conmonPid } = await pending.release();
  const created: ContainerState = { ...preparing, pid, conmonPid, ...(network ? { network } : {}) };
  engine.containers.setState(config.id, created);
  await options.onCreated?.(monitor);
  options.signal?.throwIfAborted();
  await monitor.start(config.id);
  const state: ContainerState = { ...created, status: 'running', started: Date.now() };
  engine.containers.setState(config.id, state);
  if (record.pidFile) copyFileSync(`${paths.runDirectory}/pidfile`, record.pidFile);
  if (record.conmonPidFile) copyFileSync(`${paths.runDirectory}/conmon.pid`, record.conmonPidFile);
  return { monitor, state, warnings: pending.warnings };
}

/** An ordinary user's containers have hooks only where the user says so. */
async function hookDirectories(engine: Engine): Promise<readonly string[]> {
  const configured = (await engine.conf()).engine.hooks_dir;
  if (engine.options.hooksDirectories) return engine.options.hooksDirectories;
  return rootlessUid() !== undefined && configured.join() === DEFAULT_HOOKS ? [] : configured;
}

async function connect(
  engine: Engine,
  config: ContainerConfig,
  paths: ContainerPaths,
): Promise<NetworkStatus | undefined> {
  if (!hasPinnedNetwork(config)) return undefined;
  const ports = publishedPorts(config);
  if (ports.length > 0) {
    const { assertPortsFree } = await import('./ports.ts');
    await assertPortsFree(ports);
  }
  const backend = await containerNetworks(engine, config);
  return backend && setUpNetwork(config, paths, backend);
}

/** Both at once; a failure is thrown when both have ended, so that nothing is still being made while it is cleaned up. */
async function together<A, B>(first: Promise<A>, second: Promise<B>): Promise<[A, B]> {
  const [a, b] = await Promise.allSettled([first, second]);
  if (a.status === 'rejected') throw a.reason;
  if (b.status === 'rejected') throw b.reason;
  return [a.value, b.value];
}
