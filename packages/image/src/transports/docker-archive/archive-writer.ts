/** A `docker save` archive of one or more images, with the folders that Docker before 1.10 reads. */
import { createHash } from 'node:crypto';
import { type Digest, digestHex } from '@lighter/spec/digest';
import { goJson } from '@lighter/spec/go-json';
import type { ImageConfig, ImageManifest } from '@lighter/spec/oci-image';
import { formatReference, type Reference, repositoryName } from '@lighter/spec/reference';
import { ImageError } from '../../errors.ts';
import { TarFileWriter, type TarFileWriterOptions } from '../tar-file/tar-file-writer.ts';
import type { ArchivedImage } from './images.ts';

/** What the top layer says of the image. */
const OF_THE_CONFIG = ['architecture', 'config', 'container', 'container_config', 'created', 'docker_version', 'os'];

interface Item extends ArchivedImage {
  readonly RepoTags: string[];
}

export class DockerArchiveWriter implements Disposable {
  readonly #tar: TarFileWriter;
  readonly #layers = new Map<Digest, number>();
  readonly #configs = new Map<Digest, Buffer>();
  readonly #legacy = new Set<string>();
  readonly #items: Item[] = [];
  readonly #repositories: Record<string, Record<string, string>> = {};

  constructor(path: string, options: Pick<TarFileWriterOptions, 'temporaryDirectory'>) {
    this.#tar = new TarFileWriter(path, { mode: 0o444, ...options });
  }

  /** Size of a layer that is in the archive. */
  layer(digest: Digest): number | undefined {
    return this.#layers.get(digest);
  }

  async addLayer(
    content: AsyncIterable<Uint8Array>,
    options: { readonly signal?: AbortSignal; readonly onProgress?: (bytes: number) => void },
  ): Promise<{ digest: Digest; size: number }> {
    const added = await this.#tar.addStream(content, (digest) => `${digestHex(digest)}.tar`, options);
    this.#layers.set(added.digest, added.size);
    return added;
  }

  addConfig(digest: Digest, bytes: Buffer): void {
    if (!this.#configs.has(digest)) this.#tar.add(`${digestHex(digest)}.json`, bytes);
    this.#configs.set(digest, bytes);
  }

  /** An image whose layers and configuration are there. One that is there already gets further names. */
  addImage({ config, layers }: ImageManifest, names: readonly Reference[]): void {
    const bytes = this.#configs.get(config.digest);
    if (!bytes) throw new ImageError('COPY_FAILED', `the configuration ${config.digest} was not put`);
    const top = this.#addLegacy(
      layers.map(({ digest }) => digest),
      bytes,
    );
    const Config = `${digestHex(config.digest)}.json`;
    let item = this.#items.find((one) => one.Config === Config);
    if (!item) {
      item = { Config, RepoTags: [], Layers: layers.map(({ digest }) => `${digestHex(digest)}.tar`) };
      this.#items.push(item);
    }
    for (const name of names) {
      const text = formatReference(name);
      if (!item.RepoTags.includes(text)) item.RepoTags.push(text);
      const repository = repositoryName(name);
      this.#repositories[repository] = { ...this.#repositories[repository], [name.tag ?? 'latest']: top };
    }
  }

  async finish(): Promise<void> {
    this.#tar.add('manifest.json', Buffer.from(JSON.stringify(this.#items)));
    this.#tar.add('repositories', Buffer.from(JSON.stringify(this.#repositories)));
    await this.#tar.finish();
  }

  [Symbol.dispose](): void {
    this.#tar[Symbol.dispose]();
  }

  /** A folder for each layer, named by all below it. Returns the name of the top one. */
  #addLegacy(layers: readonly Digest[], config: Buffer): string {
    const image = JSON.parse(config.toString()) as ImageConfig & Readonly<Record<string, unknown>>;
    let chain = '';
    let parent = '';
    for (const [index, layer] of layers.entries()) {
      chain = chain === '' ? layer : `sha256:${sha256(`${chain} ${layer}`)}`;
      const fields: Record<string, unknown> = { ...(parent === '' ? {} : { parent }) };
      if (index === layers.length - 1) for (const key of OF_THE_CONFIG) fields[key] = image[key] ?? null;
      const id = sha256(sorted({ ...fields, layer_id: chain }));
      parent = id;
      if (this.#legacy.has(id)) continue;
      this.#legacy.add(id);
      this.#tar.addLink(`${id}/layer.tar`, `../${digestHex(layer)}.tar`);
      this.#tar.add(`${id}/VERSION`, Buffer.from('1.0'));
      this.#tar.add(`${id}/json`, Buffer.from(sorted({ ...fields, id })));
    }
    return parent;
  }
}

function sorted(fields: Readonly<Record<string, unknown>>): string {
  return goJson(Object.fromEntries(Object.entries(fields).sort(([a], [b]) => (a < b ? -1 : 1))));
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
