/** Making a working container. */
import { rootlessUid } from '@lighter/linux/launched';
import type { CreateContainer, Store } from '@lighter/storage/store-types';
import { type AcquireOptions, acquireImage } from './acquire-image.ts';
import { baseFromStore } from './base-image.ts';
import { Builder } from './builder.ts';
import { workingContainerName } from './state/container-name.ts';
import { type BaseImage, initialState } from './state/initial-state.ts';
import { STATE_FILE, writeState } from './state/state-file.ts';

export interface CreateBuilder {
  /** Name, id or `transport:reference` of an image, or `scratch`. */
  readonly from: string;
  /** Default: made from the image's name. */
  readonly name?: string;
  /** How the image is found or pulled. */
  readonly acquire?: AcquireOptions;
  /** Of the image to be committed. Default `oci`. */
  readonly format?: 'oci' | 'docker';
}

/** Errors: IMAGE_UNKNOWN, a StorageError NAME_IN_USE when `name` is taken, what pulling fails with. */
export async function createBuilder(store: Store, options: CreateBuilder): Promise<Builder> {
  const image = options.from === 'scratch' ? undefined : await acquireImage(store, options.from, options.acquire);
  const base = image && (await baseFromStore(store, image, options.from));
  const container = await createContainer(store, base, options);
  try {
    const userdata = await store.containerDirectory(container.id);
    const state = initialState({
      containerId: container.id,
      containerName: container.names[0] ?? container.id,
      ...(base ? { base } : {}),
      format: options.format ?? 'oci',
      rootless: rootlessUid() !== undefined,
      now: new Date(),
    });
    writeState(userdata, state);
    return new Builder(store, container, state, userdata);
  } catch (error) {
    await store.deleteContainer(container.id);
    throw new Error(`writing ${STATE_FILE} of ${container.id}: ${(error as Error).message}`, { cause: error });
  }
}

/** Record and layer stand in the stable files, where every generation of Go's tools sees them. */
async function createContainer(store: Store, base: BaseImage | undefined, { name, from }: CreateBuilder) {
  const request = (chosen: string): CreateContainer => ({
    names: [chosen],
    ...(base ? { image: base.id } : {}),
    metadata: '',
    volatileFlag: true,
  });
  if (name !== undefined) return store.createContainer(request(name));
  // Another process may take the name between looking and creating.
  for (let attempt = 0; ; attempt++) {
    const taken = new Set((await store.containers()).flatMap((container) => container.names));
    try {
      return await store.createContainer(request(workingContainerName(base ? base.name || from : '', taken)));
    } catch (error) {
      if ((error as { code?: string }).code !== 'NAME_IN_USE' || attempt >= 100) throw error;
    }
  }
}
