/** Containers that others need: because they share namespaces, or by `--requires`. */
import type { ContainerOptions } from '@lighter/container/options';
import { joinedContainer, joinPath } from '@lighter/runtime/spec/joined';
import type { NamespaceMode } from '@lighter/runtime/spec/request';
import { claimForStart } from './claim.ts';
import type { Engine } from './engine.ts';
import { EngineError } from './errors.ts';
import type { ContainerRecord } from './record.ts';
import type { Container } from './state/containers.ts';

/** Options with containers' ids instead of their names, and the ids of all that the container depends on. */
export async function resolveDependencies(
  engine: Engine,
  options: ContainerOptions,
  requires: readonly string[],
): Promise<{ readonly options: ContainerOptions; readonly dependencies: readonly string[] }> {
  const dependencies = new Set<string>();
  const find = async (name: string): Promise<Container> => {
    const container = await engine.containers.get(name);
    dependencies.add(container.record.id);
    return container;
  };
  const join = async <M extends { readonly mode: string }>(mode: M | undefined): Promise<M | undefined> => {
    const name = mode && joinedContainer((mode as unknown as Extract<NamespaceMode, { mode: 'path' }>).path);
    return name === undefined ? mode : ({ ...mode, path: joinPath((await find(name)).record.id) } as unknown as M);
  };
  const [pid, uts, ipc, cgroupns, userns] = [
    await join(options.pid),
    await join(options.uts),
    await join(options.ipc),
    await join(options.cgroupns),
    await join(options.userns),
  ];
  const { network } = options;
  const owner = network.mode === 'container' ? await find(network.id) : undefined;
  const shm = ipc?.mode === 'path' ? await sharedShm(engine, ipc.path) : undefined;
  for (const name of requires) await find(name);
  return {
    options: {
      ...options,
      ...(pid ? { pid } : {}),
      ...(uts ? { uts } : {}),
      ...(ipc ? { ipc } : {}),
      ...(cgroupns ? { cgroupns } : {}),
      ...(userns ? { userns } : {}),
      ...(shm === undefined ? {} : { shmSource: shm }),
      ...(owner
        ? {
            network: {
              mode: 'container',
              id: owner.record.id,
              files: engine.containerPaths(owner.record.id).runDirectory,
            },
          }
        : {}),
    },
    dependencies: [...dependencies],
  };
}

/** The other container's /dev/shm. */
async function sharedShm(engine: Engine, path: string): Promise<string | undefined> {
  const id = joinedContainer(path);
  if (id === undefined) return undefined;
  const { record } = await engine.containers.get(id);
  const { mode } = record.config.shm;
  if (mode === 'host') return '/dev/shm';
  if (mode !== 'shareable') {
    throw new EngineError(
      'INVALID',
      `joining IPC of container ${id} is not allowed: non-shareable IPC (hint: use IpcMode:shareable for the donor container)`,
    );
  }
  return `${engine.paths.bundle(id)}/shm`;
}

/** Starts what doesn't run yet. Returns the process of each by its id. */
export async function startDependencies(
  engine: Engine,
  record: ContainerRecord,
  signal?: AbortSignal,
): Promise<ReadonlyMap<string, number>> {
  const processes = new Map<string, number>();
  for (const id of record.dependencies ?? []) {
    const owner = await claimForStart(engine, id, signal);
    if (owner !== 'running') {
      const { startContainer } = await import('./start.ts');
      try {
        await startContainer(engine, (await engine.containers.get(id)).record, signal ? { signal } : {});
      } finally {
        owner[Symbol.dispose]();
      }
    }
    processes.set(id, (await engine.containers.get(id)).state.pid);
  }
  return processes;
}
