/** Deleting an image from an OCI layout, with the blobs that nothing else in it needs. */
import { existsSync, readFileSync, rmSync } from 'node:fs';
import type { Descriptor } from '@lighter/spec/blob';
import type { Digest } from '@lighter/spec/digest';
import { isImageType, isListType, parseIndex, parseManifest } from '@lighter/spec/manifest';
import { ImageError } from '../../errors.ts';
import { findEntry } from './entry.ts';
import { blobPath, readIndex, writeIndex } from './layout.ts';
import type { OciReference } from './reference.ts';

/** Lists may hold lists; deeper than this is an attack. */
const MAX_DEPTH = 8;

export async function deleteOciImage(reference: OciReference): Promise<void> {
  const { path } = reference;
  const entry = findEntry(reference);
  if (!isImageType(entry.mediaType) && !isListType(entry.mediaType)) {
    throw new ImageError('UNSUPPORTED', `unsupported mediaType in index: ${JSON.stringify(entry.mediaType)}`);
  }
  const index = readIndex(path);
  const at = index.manifests.findIndex((one) => JSON.stringify(one) === JSON.stringify(entry));
  const manifests = index.manifests.filter((_, place) => place !== at);
  const doomed = reachable(path, [entry]);
  for (const digest of reachable(path, manifests)) doomed.delete(digest);
  writeIndex(path, { ...index, manifests });
  for (const digest of doomed) rmSync(blobPath(path, digest), { force: true });
}

function reachable(layout: string, entries: readonly Descriptor[], depth = 0, found = new Set<Digest>()): Set<Digest> {
  if (depth > MAX_DEPTH)
    throw new ImageError('LAYOUT_INVALID', `${layout}: lists are nested more than ${MAX_DEPTH} deep`);
  for (const { digest, mediaType } of entries) {
    if (found.has(digest)) continue;
    found.add(digest);
    const path = blobPath(layout, digest);
    if (!existsSync(path)) continue;
    if (isListType(mediaType)) reachable(layout, parseIndex(readFileSync(path), mediaType).manifests, depth + 1, found);
    else if (isImageType(mediaType)) {
      const manifest = parseManifest(readFileSync(path), mediaType);
      for (const blob of [manifest.config, ...manifest.layers]) found.add(blob.digest);
    }
  }
  return found;
}
