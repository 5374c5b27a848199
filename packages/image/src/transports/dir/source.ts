/** Reading from `dir:`. */
import { existsSync, readFileSync } from 'node:fs';
import type { BlobSource, Descriptor } from '@lighter/spec/blob';
import { type Digest, parseDigest } from '@lighter/spec/digest';
import type { RawManifest } from '@lighter/spec/oci-image';
import { ImageError } from '../../errors.ts';
import { fileBlob } from '../../file-blobs.ts';
import { rawManifest } from '../../raw-manifest.ts';
import type { ImageSource } from '../../types.ts';
import { dirBlobName } from './reference.ts';
import { checkVersion } from './version.ts';

const MAX_SIGNATURES = 128;

export function openDirSource(path: string): ImageSource {
  if (existsSync(`${path}/version`)) checkVersion(path);
  return {
    async manifest(instance?: Digest): Promise<RawManifest> {
      const file = instance === undefined ? 'manifest.json' : `${dirBlobName(instance)}.manifest.json`;
      if (!existsSync(`${path}/${file}`))
        throw new ImageError('IMAGE_NOT_FOUND', `no image in ${path}: ${file} is missing`);
      return rawManifest(readFileSync(`${path}/${file}`), '', instance);
    },
    async blob({ digest }: Descriptor): Promise<BlobSource> {
      return fileBlob(`${path}/${dirBlobName(parseDigest(digest))}`);
    },
    async *signatures(instance?: Digest) {
      const prefix = instance === undefined ? '' : `${dirBlobName(instance)}.`;
      for (let number = 1; number <= MAX_SIGNATURES && existsSync(`${path}/${prefix}signature-${number}`); number++) {
        yield readFileSync(`${path}/${prefix}signature-${number}`);
      }
    },
    async [Symbol.asyncDispose]() {},
  };
}
