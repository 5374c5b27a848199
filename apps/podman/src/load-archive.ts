/** Every image of an archive or layout, whatever its kind, into the store. */
import { createReadStream, createWriteStream, existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { type CopyOptions, copyImage } from '@lighter/image/copy/copy-image';
import { localName } from '@lighter/image/local-name';
import { StorageReference } from '@lighter/image/transports/containers-storage/reference';
import { DirReference } from '@lighter/image/transports/dir/reference';
import { readImages, tagsOf } from '@lighter/image/transports/docker-archive/images';
import { DockerArchiveReference } from '@lighter/image/transports/docker-archive/reference';
import { REF_NAME, readIndex } from '@lighter/image/transports/oci/layout';
import { OciReference } from '@lighter/image/transports/oci/reference';
import { OciArchiveReference } from '@lighter/image/transports/oci-archive/reference';
import { TarFile } from '@lighter/image/transports/tar-file/tar-file';
import type { ImageReference } from '@lighter/image/types';
import type { Descriptor } from '@lighter/spec/blob';
import { digestHex } from '@lighter/spec/digest';
import { MAX_MANIFEST_BYTES, parseIndex, parseManifest } from '@lighter/spec/manifest';
import { mediaTypes } from '@lighter/spec/media-types';
import type { Store } from '@lighter/storage/store-types';

interface Found {
  readonly source: ImageReference;
  readonly names: readonly string[];
}

/** Returns the names of what was loaded, the id of what has none. */
export async function loadArchive(store: Store, path: string, options: CopyOptions): Promise<string[]> {
  const status = statSync(path);
  if (status.isDirectory()) return loadAll(store, imagesOfFolder(path), options);
  if (status.isFile()) return loadAll(store, await imagesOfArchive(path), options);
  // A pipe can be read once, and it is looked at twice.
  const directory = mkdtempSync('/var/tmp/podman-load-');
  try {
    const kept = `${directory}/archive`;
    // A standard input that is a socket can't be opened by its path.
    const input = path === '/dev/stdin' ? process.stdin : createReadStream(path);
    await pipeline(input, createWriteStream(kept, { mode: 0o600 }), {
      ...(options.signal ? { signal: options.signal } : {}),
    });
    return await loadAll(store, await imagesOfArchive(kept), options);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

async function loadAll(store: Store, images: readonly Found[], options: CopyOptions): Promise<string[]> {
  const loaded: string[] = [];
  for (const { source, names } of images) {
    const target = names[0] ?? (await imageId(source));
    await copyImage(source, new StorageReference(target, store), options);
    if (names.length > 1) {
      const image = await store.image(target);
      await store.setImageNames(image.id, [...image.names, ...names]);
    }
    loaded.push(...(names.length > 0 ? names : [`sha256:${target}`]));
  }
  return loaded;
}

/** An image without a name is known by its configuration. */
async function imageId(source: ImageReference): Promise<string> {
  await using opened = await source.open({});
  const { bytes, mediaType } = await opened.manifest();
  return digestHex(parseManifest(bytes, mediaType).config.digest);
}

function imagesOfFolder(path: string): Found[] {
  if (existsSync(`${path}/index.json`)) {
    return readIndex(path).manifests.map((entry, index) => ({
      source: new OciReference(path, undefined, index),
      names: namesOf(entry),
    }));
  }
  if (existsSync(`${path}/manifest.json`)) return [{ source: new DirReference(path), names: [] }];
  throw new Error(`payload does not match any of the supported image formats: ${path}`);
}

async function imagesOfArchive(path: string): Promise<Found[]> {
  await using archive = await openArchive(path);
  if (archive.has('manifest.json')) {
    return readImages(archive).map((image, index) => ({
      source: new DockerArchiveReference(path, undefined, index),
      names: tagsOf(image),
    }));
  }
  if (archive.has('index.json')) {
    const { manifests } = parseIndex(archive.read('index.json', MAX_MANIFEST_BYTES), mediaTypes.ociIndex);
    return manifests.map((entry) => ({
      source: new OciArchiveReference(path, entry.annotations?.[REF_NAME]),
      names: namesOf(entry),
    }));
  }
  throw new Error(`payload does not match any of the supported image formats: ${path}`);
}

async function openArchive(path: string): Promise<TarFile> {
  try {
    return await TarFile.open(path);
  } catch (error) {
    if ((error as { name?: string }).name !== 'ArchiveError') throw error;
    throw new Error(`payload does not match any of the supported image formats: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

function namesOf(entry: Descriptor): string[] {
  const name = entry.annotations?.[REF_NAME];
  return name === undefined ? [] : [localName(name)];
}
