/** Reading from an OCI layout in an archive, in place. */
import type { BlobSource, Descriptor } from '@lighter/spec/blob';
import { type Digest, digestAlgorithm, digestHex, parseDigest } from '@lighter/spec/digest';
import { MAX_MANIFEST_BYTES, parseIndex } from '@lighter/spec/manifest';
import { mediaTypes } from '@lighter/spec/media-types';
import type { RawManifest } from '@lighter/spec/oci-image';
import { rawManifest } from '../../raw-manifest.ts';
import type { ImageContext, ImageSource } from '../../types.ts';
import { chooseEntry } from '../oci/entry.ts';
import { TarFile } from '../tar-file/tar-file.ts';
import type { OciArchiveReference } from './reference.ts';

export async function openOciArchive(
  { path, imageName }: OciArchiveReference,
  { temporaryDirectory, signal }: ImageContext,
): Promise<ImageSource> {
  const archive = await TarFile.open(path, { temporaryDirectory, signal });
  try {
    const { manifests } = parseIndex(archive.read('index.json', MAX_MANIFEST_BYTES), mediaTypes.ociIndex);
    const entry = chooseEntry(manifests, { path, imageName, index: undefined });
    const nameOf = (digest: Digest) => `blobs/${digestAlgorithm(digest)}/${digestHex(digest)}`;
    return {
      async manifest(instance?: Digest): Promise<RawManifest> {
        const digest = instance ?? entry.digest;
        const bytes = archive.read(nameOf(digest), MAX_MANIFEST_BYTES);
        return rawManifest(bytes, instance === undefined ? entry.mediaType : '', digest);
      },
      async blob({ digest }: Descriptor): Promise<BlobSource> {
        return archive.blob(nameOf(parseDigest(digest)));
      },
      async *signatures() {},
      [Symbol.asyncDispose]: () => archive[Symbol.asyncDispose](),
    };
  } catch (error) {
    await archive[Symbol.asyncDispose]();
    throw error;
  }
}
