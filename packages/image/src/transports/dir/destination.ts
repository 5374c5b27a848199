/** Writing to `dir:`: the folder is emptied first, and gets its version last. */
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import type { Descriptor } from '@lighter/spec/blob';
import type { Digest } from '@lighter/spec/digest';
import type { RawManifest } from '@lighter/spec/oci-image';
import { ImageError } from '../../errors.ts';
import { BlobWriter } from '../../file-blobs.ts';
import type { ImageContext, ImageDestination, PutBlobOptions, StoredBlob } from '../../types.ts';
import { dirBlobName } from './reference.ts';
import { checkVersion, VERSION } from './version.ts';

export function createDirDestination(path: string, { directoryCompression }: ImageContext): ImageDestination {
  const made = prepare(path);
  const writer = new BlobWriter(path, 'dir-put-blob', (digest) => `${path}/${dirBlobName(digest)}`);
  let committed = false;
  return {
    manifestTypes: [],
    layerCompression: directoryCompression ?? 'preserve',
    concurrentBlobs: true,
    async reuse({ digest }: Descriptor): Promise<StoredBlob | undefined> {
      const size = writer.has(digest);
      return size === undefined ? undefined : { digest, size };
    },
    putBlob: (blob, descriptor, options: PutBlobOptions) => writer.put(blob, descriptor, options),
    async putManifest(manifest: RawManifest, instance?: Digest) {
      const file = instance === undefined ? 'manifest.json' : `${dirBlobName(instance)}.manifest.json`;
      writeFileSync(`${path}/${file}`, manifest.bytes, { mode: 0o644 });
    },
    async putSignatures(signatures, instance?: Digest) {
      const prefix = instance === undefined ? '' : `${dirBlobName(instance)}.`;
      for (const [index, signature] of signatures.entries())
        writeFileSync(`${path}/${prefix}signature-${index + 1}`, signature, { mode: 0o644 });
    },
    async commit() {
      writeFileSync(`${path}/version`, VERSION, { mode: 0o644 });
      committed = true;
    },
    async [Symbol.asyncDispose]() {
      await writer[Symbol.asyncDispose]();
      if (committed) return;
      // Nothing half there: an image without its manifest is of no use.
      if (made) rmSync(path, { recursive: true, force: true });
      else for (const name of readdirSync(path)) rmSync(`${path}/${name}`, { recursive: true, force: true });
    },
  };
}

/** Returns whether the folder was made now. One with anything but an image in it is left alone. */
function prepare(path: string): boolean {
  if (!existsSync(path)) {
    mkdirSync(path, { recursive: true, mode: 0o755 });
    return true;
  }
  const names = readdirSync(path);
  if (names.length === 0) return false;
  if (!names.includes('version')) {
    throw new ImageError(
      'LAYOUT_INVALID',
      `${path}: not a containers image directory, don't want to overwrite important data`,
    );
  }
  checkVersion(path);
  // The version goes first, so that a crash leaves nothing that looks like an image.
  writeFileSync(`${path}/version`, VERSION);
  for (const name of names) if (name !== 'version') rmSync(`${path}/${name}`, { recursive: true, force: true });
  return false;
}
