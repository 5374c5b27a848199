/** images.json and the images' data files. */
import { mkdirSync, readFileSync } from 'node:fs';
import type { Digest } from '@lighter/spec/digest';
import { isDigest } from '@lighter/spec/digest';
import { readRecords, writeFileAtomically, writeRecords } from './atomic-file.ts';
import { bigDataFileName } from './big-data.ts';
import { StorageError } from './errors.ts';
import { LockFile } from './lock-file.ts';
import type { Image } from './store-types.ts';

/** A record as on disk. */
export interface RawImage {
  id: string;
  digest?: string;
  names?: string[];
  'names-history'?: string[];
  layer?: string;
  'mapped-layers'?: string[];
  metadata?: string;
  'big-data-names'?: string[];
  'big-data-sizes'?: Record<string, number>;
  'big-data-digests'?: Record<string, string>;
  created: string;
  flags?: Record<string, unknown>;
}

export class ImageRecords {
  readonly directory: string;
  readonly lock: LockFile;

  constructor(directory: string) {
    this.directory = directory;
    this.lock = new LockFile(`${directory}/images.lock`);
  }

  read(): RawImage[] {
    return readRecords(`${this.directory}/images.json`);
  }

  /** Must be called while the lock is held for writing. */
  save(images: readonly RawImage[], renewToken: () => void): void {
    renewToken();
    writeRecords(`${this.directory}/images.json`, images, true);
  }

  dataDirectory(id: string): string {
    return `${this.directory}/${id}`;
  }

  readItem(id: string, key: string): Buffer {
    try {
      return readFileSync(`${this.dataDirectory(id)}/${bigDataFileName(key)}`);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      throw new StorageError(
        'ITEM_UNKNOWN',
        `image ${id} has no item ${JSON.stringify(key)}: its data is damaged, pull it again`,
        { cause: error },
      );
    }
  }

  writeItem(id: string, key: string, data: Uint8Array): void {
    mkdirSync(this.dataDirectory(id), { recursive: true, mode: 0o700 });
    writeFileAtomically(`${this.dataDirectory(id)}/${bigDataFileName(key)}`, data, { sync: true, alone: true });
  }
}

/** Gives an image names, which it takes away from all others; every name ever had stays in the history, newest first. */
export function giveNames(images: readonly RawImage[], image: RawImage, names: readonly string[]): void {
  const own = [...new Set(names)];
  for (const other of images) {
    if (other === image || !other.names?.some((name) => own.includes(name))) continue;
    setNames(
      other,
      other.names.filter((name) => !own.includes(name)),
    );
  }
  setNames(image, own);
}

function setNames(image: RawImage, names: string[]): void {
  const history = image['names-history'] ?? [];
  const added = names.filter((name) => !history.includes(name));
  if (names.length > 0) image.names = names;
  else delete image.names;
  if (added.length > 0 || history.length > 0) image['names-history'] = [...added.reverse(), ...history];
}

export function toImage(raw: RawImage): Image {
  const digests = raw['big-data-digests'] ?? {};
  const known = [
    raw.digest,
    ...Object.entries(digests).flatMap(([key, digest]) => (key.startsWith('manifest') ? [digest] : [])),
  ];
  return {
    id: raw.id,
    names: raw.names ?? [],
    namesHistory: raw['names-history'] ?? [],
    created: raw.created,
    items: raw['big-data-names'] ?? [],
    itemSizes: raw['big-data-sizes'] ?? {},
    itemDigests: digests as Record<string, Digest>,
    digests: [...new Set(known.filter((digest): digest is Digest => digest !== undefined && isDigest(digest)))],
    readOnly: false,
    ...(raw.digest && isDigest(raw.digest) ? { digest: raw.digest } : {}),
    ...(raw.layer ? { layer: raw.layer } : {}),
    ...(raw.metadata === undefined ? {} : { metadata: raw.metadata }),
  };
}
