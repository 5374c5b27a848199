/** Opens the store that configuration, environment and command line name. Nothing is made on disk before it is needed. */
import { readStorageConfiguration, type StorageFlags } from '@lighter/config/storage';
import { rootlessUid } from '@lighter/linux/launched';
import { OverlayStore } from './store.ts';
import type { Store } from './store-types.ts';

export type StoreOptions = StorageFlags;

export async function openStore(options: StoreOptions = {}): Promise<Store> {
  const { graphRoot, runRoot, mountOptions, skipMountHome, syncFilesystem, disableVolatile } =
    await readStorageConfiguration(options, {
      rootlessUid: rootlessUid(),
    });
  return new OverlayStore({
    graphRoot,
    runRoot,
    mountOptions,
    skipMountHome,
    syncFilesystem,
    disableVolatile,
    options: mountOptions.length > 0 ? { 'overlay.mountopt': mountOptions.join(',') } : {},
  });
}
