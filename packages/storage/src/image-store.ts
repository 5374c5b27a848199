/** The store's images. */
import { rmSync } from 'node:fs';
import { isDiskFull } from './disk-full.ts';
import { StorageError } from './errors.ts';
import { checkId, lookUp } from './ids.ts';
import { giveNames, type RawImage, toImage } from './image-records.ts';
import { unusedLayers } from './layer-chain.ts';
import type { LayerStore } from './layer-store.ts';
import type { StoreParts } from './store-parts.ts';
import type { Image, PutImage } from './store-types.ts';

export class ImageStore {
  readonly #parts: StoreParts;
  readonly #layers: LayerStore;

  constructor(parts: StoreParts, layers: LayerStore) {
    this.#parts = parts;
    this.#layers = layers;
  }

  async all(): Promise<Image[]> {
    return (await this.#read()).map(toImage);
  }

  async find(idOrName: string): Promise<Image> {
    const found = lookUp(await this.#read(), idOrName);
    if (!found) throw unknownImage(idOrName);
    return toImage(found);
  }

  item(id: string, key: string): Buffer {
    return this.#parts.images.readItem(checkId(id), key);
  }

  /** Files first, then the record, once and complete: a crash leaves files that nothing names. */
  async put(put: PutImage): Promise<Image> {
    this.#parts.prepare();
    checkId(put.id);
    const { images } = this.#parts;
    return this.#layers.reading((layers) =>
      images.lock.with(true, (held) => {
        if (put.layer && !layers.get(put.layer))
          throw new StorageError(
            'LAYER_UNKNOWN',
            `layer ${put.layer} of image ${put.id} is gone: another process has removed it meanwhile`,
          );
        const records = images.read();
        const known = records.find((one) => one.id === put.id);
        if (known && (known.layer ?? '') !== (put.layer ?? ''))
          throw new StorageError(
            'LAYER_MISMATCH',
            `image with ID ${JSON.stringify(put.id)} already exists, but uses a different top layer`,
          );
        const image: RawImage = known ?? { id: put.id, created: put.created };
        if (!known) records.push(image);
        try {
          this.#fill(image, put);
          giveNames(records, image, [...(image.names ?? []), ...put.addNames]);
          images.save(records, held.renewToken);
        } catch (error) {
          if (!known) rmSync(images.dataDirectory(put.id), { recursive: true, force: true });
          throw error;
        }
        return toImage(image);
      }),
    );
  }

  async setNames(id: string, names: readonly string[]): Promise<void> {
    const { images } = this.#parts;
    await images.lock.with(true, (held) => {
      const records = images.read();
      const image = lookUp(records, id);
      if (!image) throw unknownImage(id);
      giveNames(records, image, names);
      images.save(records, held.renewToken);
    });
  }

  /** Removes the image, then the layers that only it needed; returns those. */
  async delete(id: string): Promise<string[]> {
    const { images, containers } = this.#parts;
    return this.#layers.deleting((trash) =>
      this.#layers.change((table) =>
        images.lock.with(true, async (held) => {
          const records = images.read();
          const image = lookUp(records, id);
          if (!image) throw unknownImage(id);
          const users = await containers.lock.with(false, () => containers.table().all());
          const user = users.find((container) => container.image === image.id);
          if (user) throw new StorageError('IN_USE', `image used by ${user.id}: image is in use by a container`);
          const others = records.filter((one) => one !== image);
          const dropData = () => rmSync(images.dataDirectory(image.id), { recursive: true, force: true });
          try {
            images.save(others, held.renewToken);
          } catch (error) {
            // On a full disk the image's own data makes room for the record without it.
            if (!isDiskFull(error)) throw error;
            dropData();
            images.save(others, held.renewToken);
          }
          dropData();
          const doomed = unusedLayers(table, image, others, users);
          await this.#layers.remove(table, doomed, trash);
          return doomed;
        }),
      ),
    );
  }

  async #read(): Promise<RawImage[]> {
    if (!this.#parts.has('images')) return [];
    if (this.#parts.has('layers')) this.#layers.sweep();
    const { images } = this.#parts;
    return images.lock.with(false, () => images.read());
  }

  #fill(image: RawImage, put: PutImage): void {
    if (put.layer) image.layer = put.layer;
    if (put.digest && !image.digest) image.digest = put.digest;
    image.metadata = put.metadata;
    for (const { key, data, digest } of put.items) {
      this.#parts.images.writeItem(put.id, key, data);
      image['big-data-names'] = [...new Set([...(image['big-data-names'] ?? []), key])];
      image['big-data-sizes'] = { ...image['big-data-sizes'], [key]: data.length };
      image['big-data-digests'] = { ...image['big-data-digests'], [key]: digest ?? sha256(data) };
    }
  }
}

export function unknownImage(name: string): StorageError {
  return new StorageError('IMAGE_UNKNOWN', `${name}: image not known`);
}

function sha256(data: Uint8Array): string {
  return `sha256:${process.getBuiltinModule('node:crypto').createHash('sha256').update(data).digest('hex')}`;
}
