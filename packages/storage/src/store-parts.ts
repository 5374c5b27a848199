/** What the parts of one store share: its settings, driver, record files and locks. */
import { existsSync, mkdirSync } from 'node:fs';
import { rootlessUid } from '@lighter/linux/launched';
import { ContainerRecords } from './container-records.ts';
import { ImageRecords } from './image-records.ts';
import { LayerRecords } from './layer-records.ts';
import { LockFile } from './lock-file.ts';
import { MountCounts } from './mount-counts.ts';
import { OverlayDriver } from './overlay/driver.ts';

export interface StoreSettings {
  readonly graphRoot: string;
  readonly runRoot: string;
  readonly mountOptions: readonly string[];
  readonly skipMountHome: boolean;
  /** `sync=filesystem`: one syncfs before layers are published. */
  readonly syncFilesystem: boolean;
  readonly disableVolatile: boolean;
  readonly options: Readonly<Record<string, string>>;
}

/**
 * Locks are taken in this order, outermost first: storage.lock, layers.lock, images.lock, containers.lock, mountpoints.lock.
 */
export class StoreParts {
  readonly settings: StoreSettings;
  /** In a user namespace overlay keeps its attributes as `user.overlay.*`, and there are no device nodes. */
  readonly userNamespace: boolean = rootlessUid() !== undefined;
  readonly driver: OverlayDriver;
  readonly layers: LayerRecords;
  readonly images: ImageRecords;
  readonly containers: ContainerRecords;
  readonly counts: MountCounts;
  /** `storage.lock`: keeps two tools from making the driver's home a mount point at the same time. */
  readonly graphLock: LockFile;
  #prepared = false;

  constructor(settings: StoreSettings) {
    const { graphRoot, runRoot, mountOptions, skipMountHome } = settings;
    this.settings = settings;
    this.driver = new OverlayDriver(`${graphRoot}/overlay`, {
      mountOptions,
      skipMountHome,
      userNamespace: this.userNamespace,
    });
    this.layers = new LayerRecords(`${graphRoot}/overlay-layers`);
    this.images = new ImageRecords(`${graphRoot}/overlay-images`);
    this.containers = new ContainerRecords(`${graphRoot}/overlay-containers`, `${runRoot}/overlay-containers`);
    this.counts = new MountCounts(`${runRoot}/overlay-layers`);
    this.graphLock = new LockFile(`${graphRoot}/storage.lock`);
  }

  get contentTempRoot(): string {
    return `${this.driver.layout.home}/tempdirs`;
  }

  get metadataTempRoot(): string {
    return `${this.layers.directory}/tmp`;
  }

  /** Makes the folders, once, before anything is written. */
  prepare(): void {
    if (this.#prepared) return;
    mkdirSync(this.settings.graphRoot, { recursive: true, mode: 0o700 });
    mkdirSync(this.settings.runRoot, { recursive: true, mode: 0o700 });
    this.driver.prepare();
    this.#prepared = true;
  }

  /** Reading a store that isn't there makes nothing. */
  has(part: 'layers' | 'images' | 'containers'): boolean {
    return existsSync(this[part].directory);
  }
}
