/** The store (see {@link Store}): its parts behind one face. */
import type { BlobSource } from '@lighter/spec/blob';
import { ContainerStore } from './container-store.ts';
import { StorageError } from './errors.ts';
import { checkId, lookUp } from './ids.ts';
import { ImageStore } from './image-store.ts';
import { LayerExport } from './layer-export.ts';
import { toLayer } from './layer-records.ts';
import { LayerStager } from './layer-stage.ts';
import { LayerStore } from './layer-store.ts';
import { Mounting } from './mounting.ts';
import { StoreParts, type StoreSettings } from './store-parts.ts';
import type {
  Change,
  Container,
  CreateContainer,
  DiffTarOptions,
  Image,
  Layer,
  MountOptions,
  PutImage,
  PutLayer,
  StagedLayer,
  StageOptions,
  Store,
} from './store-types.ts';

export class OverlayStore implements Store {
  readonly graphRoot: string;
  readonly runRoot: string;
  readonly driverName = 'overlay';
  readonly options: Readonly<Record<string, string>>;
  readonly #parts: StoreParts;
  readonly #stager: LayerStager;
  readonly #layers: LayerStore;
  readonly #images: ImageStore;
  readonly #containers: ContainerStore;
  readonly #mounting: Mounting;
  readonly #export: LayerExport;

  constructor(settings: StoreSettings) {
    this.graphRoot = settings.graphRoot;
    this.runRoot = settings.runRoot;
    this.options = settings.options;
    this.#parts = new StoreParts(settings);
    this.#stager = new LayerStager(this.#parts);
    this.#layers = new LayerStore(this.#parts);
    this.#images = new ImageStore(this.#parts, this.#layers);
    this.#containers = new ContainerStore(this.#parts, this.#layers);
    this.#mounting = new Mounting(this.#parts, this.#layers, this.#containers);
    this.#export = new LayerExport(this.#parts, this.#layers);
  }

  async layers(): Promise<Layer[]> {
    const table = await this.#layers.read();
    return table.all().map((raw) => toLayer(raw, table.isVolatile(raw.id)));
  }

  async layer(id: string): Promise<Layer> {
    const found = lookUp(await this.layers(), id);
    if (!found) throw new StorageError('LAYER_UNKNOWN', `${id}: layer not known`);
    return found;
  }

  stageLayer(blob: BlobSource, options?: StageOptions): Promise<StagedLayer> {
    return this.#stager.stage(blob, options);
  }

  putLayers(layers: readonly PutLayer[]): Promise<void> {
    return this.#layers.put(layers);
  }

  layerTar(id: string, signal?: AbortSignal): AsyncIterable<Uint8Array> {
    return this.#export.layerTar(id, signal);
  }

  deleteLayer(id: string): Promise<void> {
    return this.#layers.delete(id);
  }

  images(): Promise<Image[]> {
    return this.#images.all();
  }

  image(idOrName: string): Promise<Image> {
    return this.#images.find(idOrName);
  }

  async imageItem(id: string, key: string): Promise<Buffer> {
    return this.#images.item(id, key);
  }

  putImage(image: PutImage): Promise<Image> {
    return this.#images.put(image);
  }

  setImageNames(id: string, names: readonly string[]): Promise<void> {
    return this.#images.setNames(id, names);
  }

  deleteImage(id: string): Promise<string[]> {
    return this.#images.delete(id);
  }

  containers(): Promise<Container[]> {
    return this.#containers.all();
  }

  container(idOrName: string): Promise<Container> {
    return this.#containers.find(idOrName);
  }

  createContainer(create: CreateContainer): Promise<Container> {
    return this.#containers.create(create);
  }

  setContainerNames(id: string, names: readonly string[]): Promise<void> {
    return this.#containers.setNames(id, names);
  }

  setContainerMetadata(id: string, metadata: string): Promise<void> {
    return this.#containers.setMetadata(id, metadata);
  }

  deleteContainer(id: string): Promise<void> {
    return this.#containers.delete(id);
  }

  async containerDirectory(id: string): Promise<string> {
    return this.#parts.containers.userData(checkId(id));
  }

  async containerRunDirectory(id: string): Promise<string> {
    return this.#parts.containers.runUserData(checkId(id));
  }

  mount(id: string, options?: MountOptions): Promise<string> {
    return this.#mounting.mount(id, options);
  }

  unmount(id: string, options: { readonly force?: boolean } = {}): Promise<boolean> {
    return this.#mounting.unmount(id, options.force ?? false);
  }

  async mounted(): Promise<Map<string, string>> {
    return this.#parts.counts.mounted();
  }

  async *diffTar(containerId: string, signal?: AbortSignal, options?: DiffTarOptions): AsyncGenerator<Uint8Array> {
    yield* this.#export.diffTar(await this.container(containerId), signal, options);
  }

  async changes(containerId: string): Promise<Change[]> {
    return this.#export.changes(await this.container(containerId));
  }

  async containerSize(containerId: string): Promise<number> {
    return this.#export.size(await this.container(containerId));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#stager[Symbol.asyncDispose]();
  }
}
