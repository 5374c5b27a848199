/** Files of an OCI layout: `oci-layout`, `index.json`, `blobs/ALGORITHM/HEX`. */
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import type { Descriptor } from '@lighter/spec/blob';
import { type Digest, digestAlgorithm, digestHex } from '@lighter/spec/digest';
import { parseIndex } from '@lighter/spec/manifest';
import { mediaTypes } from '@lighter/spec/media-types';
import type { ImageIndex } from '@lighter/spec/oci-image';
import { ImageError } from '../../errors.ts';

export const REF_NAME = 'org.opencontainers.image.ref.name';
/** Bound on index.json. */
const MAX_INDEX = 16 * 1024 * 1024;

export function blobPath(layout: string, digest: Digest): string {
  return `${layout}/blobs/${digestAlgorithm(digest)}/${digestHex(digest)}`;
}

export function readIndex(layout: string): ImageIndex {
  const path = `${layout}/index.json`;
  const size = statSync(path, { throwIfNoEntry: false })?.size;
  if (size === undefined) throw new ImageError('IMAGE_NOT_FOUND', `${layout} is no OCI layout: index.json is missing`);
  if (size > MAX_INDEX) throw new ImageError('LIMIT_EXCEEDED', `${path} exceeds the maximum of ${MAX_INDEX} bytes`);
  try {
    return parseIndex(readFileSync(path), mediaTypes.ociIndex);
  } catch (error) {
    throw new ImageError('LAYOUT_INVALID', `${path}: ${(error as Error).message}`, { cause: error });
  }
}

export function hasIndex(layout: string): boolean {
  return existsSync(`${layout}/index.json`);
}

/** Makes the layout's folders; returns whether the layout itself was made now. */
export function prepareLayout(layout: string): boolean {
  const made = !existsSync(layout);
  mkdirSync(`${layout}/blobs/sha256`, { recursive: true, mode: 0o755 });
  return made;
}

export function writeIndex(layout: string, index: ImageIndex): void {
  writeAtomically(`${layout}/oci-layout`, '{"imageLayoutVersion":"1.0.0"}');
  writeAtomically(`${layout}/index.json`, JSON.stringify(index));
}

function writeAtomically(path: string, text: string): void {
  const temporary = `${path}.tmp-${process.pid}`;
  try {
    writeFileSync(temporary, text, { mode: 0o644, flush: true });
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

/** Adds an entry. One with the same name loses the name, an unnamed one of the same digest is replaced. */
export function withEntry(index: ImageIndex, entry: Descriptor): ImageIndex {
  const name = entry.annotations?.[REF_NAME];
  const manifests = index.manifests.map((one) =>
    name !== undefined && one.annotations?.[REF_NAME] === name ? withoutName(one) : one,
  );
  const same = manifests.findIndex((one) => one.digest === entry.digest && one.annotations?.[REF_NAME] === undefined);
  if (same >= 0) manifests[same] = entry;
  else manifests.push(entry);
  return { ...index, manifests };
}

function withoutName(entry: Descriptor): Descriptor {
  const { [REF_NAME]: _name, ...annotations } = entry.annotations ?? {};
  const { annotations: _annotations, ...rest } = entry;
  return Object.keys(annotations).length > 0 ? { ...rest, annotations } : rest;
}
