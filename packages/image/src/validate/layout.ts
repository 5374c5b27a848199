/** A whole OCI image layout (OCI image-spec image-layout.md): its files, everything reachable from its index, and its blobs. */
import { createHash } from 'node:crypto';
import { createReadStream, existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { decompress } from '@lighter/archive/decompress';
import { type Digest, digestAlgorithm, digestHex, isDigest } from '@lighter/spec/digest';
import { MAX_MANIFEST_BYTES } from '@lighter/spec/manifest';
import { mediaTypes } from '@lighter/spec/media-types';
import { validateConfig, validateIndex, validateLayoutFile, validateManifest } from './documents.ts';
import { child, type Fault, isObject } from './shapes.ts';

export interface LayoutOptions {
  /** Also read every layer, and compare its uncompressed bytes with the configuration's diff id. */
  readonly layers?: boolean;
  readonly signal?: AbortSignal;
}

/** Lists nested deeper than this are a fault: nobody means them. */
const MAX_DEPTH = 8;

/** Faults of the layout in a folder; empty when it follows the standard. Their places begin with a path in the layout. */
export async function validateLayout(path: string, options: LayoutOptions = {}): Promise<Fault[]> {
  const layout = new LayoutCheck(path, options);
  await layout.run();
  return layout.faults;
}

class LayoutCheck {
  readonly faults: Fault[] = [];
  readonly #path: string;
  readonly #options: LayoutOptions;
  readonly #seen = new Set<string>();

  constructor(path: string, options: LayoutOptions) {
    this.#path = path;
    this.#options = options;
  }

  async run(): Promise<void> {
    for (const [name, check] of [
      ['oci-layout', validateLayoutFile],
      ['index.json', validateIndex],
    ] as const) {
      const bytes = this.#document(name);
      if (bytes) this.#take(name, check(bytes));
      if (name === 'index.json' && bytes) await this.#descriptors(name, bytes, ['manifests', 'subject'], 0);
    }
    await this.#blobs();
  }

  /** Its bytes, unless it is missing or too large. */
  #document(name: string): Buffer | undefined {
    const size = statSync(`${this.#path}/${name}`, { throwIfNoEntry: false })?.size;
    if (size === undefined) this.faults.push({ place: name, message: 'is missing' });
    else if (size > MAX_MANIFEST_BYTES)
      this.faults.push({ place: name, message: `has ${size} bytes; no more than ${MAX_MANIFEST_BYTES} are read` });
    else return readFileSync(`${this.#path}/${name}`);
    return undefined;
  }

  /** Follows the descriptors that a document has under these keys. */
  async #descriptors(name: string, bytes: Uint8Array, keys: readonly string[], depth: number): Promise<void> {
    const json = parsed(bytes);
    for (const key of keys) {
      const value = json?.[key];
      for (const [index, entry] of (Array.isArray(value) ? value : [value]).entries()) {
        const place = `${name}#${Array.isArray(value) ? child(child('', key), index) : child('', key)}`;
        await this.#descriptor(place, entry, depth);
      }
    }
  }

  async #descriptor(place: string, entry: unknown, depth: number): Promise<void> {
    this.#options.signal?.throwIfAborted();
    if (!isObject(entry) || typeof entry['digest'] !== 'string' || !isDigest(entry['digest'])) return;
    const name = blobName(entry['digest']);
    const size = statSync(`${this.#path}/${name}`, { throwIfNoEntry: false })?.size;
    if (size === undefined) {
      // A referrer's subject, and what may be had elsewhere, needn't be in the layout.
      if (!place.endsWith('#/subject') && !Array.isArray(entry['urls']) && entry['data'] === undefined)
        this.faults.push({ place, message: `names ${name}, which is missing` });
      return;
    }
    if (size !== entry['size'])
      this.faults.push({ place, message: `says ${entry['size']} bytes, ${name} has ${size}` });
    if (this.#seen.has(name)) return;
    this.#seen.add(name);
    if (depth > MAX_DEPTH) {
      this.faults.push({ place, message: `is nested more than ${MAX_DEPTH} deep` });
      return;
    }
    await this.#content(name, entry['mediaType'], depth);
  }

  async #content(name: string, type: unknown, depth: number): Promise<void> {
    if (type === mediaTypes.ociIndex || type === mediaTypes.dockerManifestList) {
      const bytes = this.#document(name);
      if (bytes) this.#take(name, validateIndex(bytes));
      if (bytes) await this.#descriptors(name, bytes, ['manifests', 'subject'], depth + 1);
    } else if (type === mediaTypes.ociManifest || type === mediaTypes.dockerManifest) {
      const bytes = this.#document(name);
      if (bytes) this.#take(name, validateManifest(bytes));
      if (bytes) await this.#descriptors(name, bytes, ['config', 'layers', 'subject'], depth + 1);
      if (bytes) await this.#layersFit(name, bytes);
    } else if (type === mediaTypes.ociConfig || type === mediaTypes.dockerConfig) {
      const bytes = this.#document(name);
      if (bytes) this.#take(name, validateConfig(bytes));
    }
  }

  /** The configuration's diff ids are those of the manifest's layers, in the same order (config.md, `rootfs`). */
  async #layersFit(name: string, bytes: Uint8Array): Promise<void> {
    const manifest = parsed(bytes);
    const config = manifest?.['config'];
    const layers = manifest?.['layers'];
    if (!isObject(config) || !Array.isArray(layers)) return;
    if (config['mediaType'] !== mediaTypes.ociConfig && config['mediaType'] !== mediaTypes.dockerConfig) return;
    const path = digestPath(this.#path, config['digest']);
    const rootfs = path === undefined || !existsSync(path) ? undefined : parsed(readFileSync(path))?.['rootfs'];
    const diffIds = isObject(rootfs) ? rootfs['diff_ids'] : undefined;
    if (!Array.isArray(diffIds)) return;
    if (diffIds.length !== layers.length) {
      const message = `has ${layers.length} layers, its configuration ${diffIds.length} diff ids`;
      this.faults.push({ place: `${name}#/layers`, message });
      return;
    }
    if (!this.#options.layers) return;
    for (const [index, layer] of layers.entries()) {
      const blob = digestPath(this.#path, isObject(layer) ? layer['digest'] : undefined);
      if (blob === undefined || !existsSync(blob)) continue;
      await this.#diffId(`${name}#/layers/${index}`, blob, diffIds[index]);
    }
  }

  async #diffId(place: string, blob: string, wanted: unknown): Promise<void> {
    if (typeof wanted !== 'string' || !isDigest(wanted)) return;
    const hash = createHash(digestAlgorithm(wanted));
    try {
      const { stream } = await decompress(createReadStream(blob));
      for await (const chunk of stream) {
        this.#options.signal?.throwIfAborted();
        hash.update(chunk);
      }
    } catch (error) {
      this.#options.signal?.throwIfAborted();
      this.faults.push({ place, message: `can't be decompressed: ${(error as Error).message}` });
      return;
    }
    if (hash.digest('hex') !== digestHex(wanted))
      this.faults.push({ place, message: `does not have the diff id ${wanted} of its configuration` });
  }

  /** Every file in `blobs` has the digest that it is named by, whether something refers to it or not. */
  async #blobs(): Promise<void> {
    const directory = `${this.#path}/blobs`;
    if (!existsSync(directory)) {
      this.faults.push({ place: 'blobs', message: 'is missing' });
      return;
    }
    for (const algorithm of readdirSync(directory)) {
      if (!statSync(`${directory}/${algorithm}`, { throwIfNoEntry: false })?.isDirectory()) {
        this.faults.push({ place: `blobs/${algorithm}`, message: 'is no folder' });
        continue;
      }
      for (const hex of readdirSync(`${directory}/${algorithm}`)) {
        const place = `blobs/${algorithm}/${hex}`;
        const wanted = `${algorithm}:${hex}`;
        if (!isDigest(wanted)) {
          this.faults.push({ place, message: 'is not named by a digest' });
          continue;
        }
        if (!statSync(`${directory}/${algorithm}/${hex}`, { throwIfNoEntry: false })?.isFile()) {
          this.faults.push({ place, message: 'is no file' });
          continue;
        }
        const hash = createHash(algorithm);
        for await (const chunk of createReadStream(`${directory}/${algorithm}/${hex}`)) {
          this.#options.signal?.throwIfAborted();
          hash.update(chunk as Buffer);
        }
        const found = hash.digest('hex');
        if (found !== hex) this.faults.push({ place, message: `has the digest ${algorithm}:${found}` });
      }
    }
  }

  #take(name: string, faults: readonly Fault[]): void {
    for (const { place, message } of faults) this.faults.push({ place: `${name}#${place}`, message });
  }
}

function blobName(digest: Digest): string {
  return `blobs/${digestAlgorithm(digest)}/${digestHex(digest)}`;
}

function digestPath(layout: string, digest: unknown): string | undefined {
  return typeof digest === 'string' && isDigest(digest) ? `${layout}/${blobName(digest)}` : undefined;
}

function parsed(bytes: Uint8Array): Readonly<Record<string, unknown>> | undefined {
  try {
    const json: unknown = JSON.parse(Buffer.from(bytes).toString());
    return isObject(json) ? json : undefined;
  } catch {
    return undefined;
  }
}
