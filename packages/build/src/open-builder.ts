/** Finding working containers. */
import { rootlessUid } from '@lighter/linux/launched';
import type { Container, Store } from '@lighter/storage/store-types';
import { baseFromStore } from './base-image.ts';
import { Builder } from './builder.ts';
import { BuildError } from './errors.ts';
import { initialState } from './state/initial-state.ts';
import { readState } from './state/state-file.ts';

/**
 * The container that a name, an id or the beginning of one means. With `adopt` a container of another engine becomes a
 * working container; without, it is CONTAINER_UNKNOWN, as is one that isn't there.
 */
export async function openBuilder(
  store: Store,
  nameOrId: string,
  options: { readonly adopt?: boolean } = {},
): Promise<Builder> {
  const container = await requireContainer(store, nameOrId);
  const userdata = await store.containerDirectory(container.id);
  const state = readState(userdata);
  if (state) return new Builder(store, container, state, userdata);
  if (!options.adopt) throw unknown(nameOrId);
  return adopt(store, container, userdata);
}

async function requireContainer(store: Store, nameOrId: string): Promise<Container> {
  try {
    return await store.container(nameOrId);
  } catch (error) {
    if ((error as { code?: string }).code !== 'CONTAINER_UNKNOWN') throw error;
    throw unknown(nameOrId, error);
  }
}

function unknown(nameOrId: string, cause?: unknown): BuildError {
  return new BuildError(
    'CONTAINER_UNKNOWN',
    `reading build container ${JSON.stringify(nameOrId)}: container not known`,
    { cause },
  );
}

async function adopt(store: Store, container: Container, userdata: string): Promise<Builder> {
  const base = container.image ? await baseFromStore(store, await store.image(container.image), '') : undefined;
  const state = initialState({
    containerId: container.id,
    containerName: container.names[0] ?? container.id,
    ...(base ? { base } : {}),
    format: 'oci',
    rootless: rootlessUid() !== undefined,
    now: new Date(),
  });
  const builder = new Builder(store, container, state, userdata);
  builder.save();
  return builder;
}

/** All working containers, in the store's order. A damaged state counts as none. */
export async function listBuilders(store: Store): Promise<Builder[]> {
  const builders: Builder[] = [];
  for (const container of await store.containers()) {
    const userdata = await store.containerDirectory(container.id);
    try {
      const state = readState(userdata);
      if (state) builders.push(new Builder(store, container, state, userdata));
    } catch (error) {
      if (!(error instanceof BuildError)) throw error;
    }
  }
  return builders;
}
