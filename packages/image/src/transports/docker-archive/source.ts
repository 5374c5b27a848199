/** Reading an image from a `docker save` archive, in place. Layers are served uncompressed, under their diff ids. */
import { createHash } from 'node:crypto';
import { detectCompression, MAGIC_BYTES } from '@lighter/archive/compression';
import { decompress } from '@lighter/archive/decompress';
import type { BlobSource, Descriptor } from '@lighter/spec/blob';
import { type Digest, isDigest, sha256Digest } from '@lighter/spec/digest';
import { mediaTypes } from '@lighter/spec/media-types';
import type { RawManifest } from '@lighter/spec/oci-image';
import { formatReference } from '@lighter/spec/reference';
import { plainBlob } from '../../copy/compress.ts';
import { ImageError } from '../../errors.ts';
import { rawManifest } from '../../raw-manifest.ts';
import type { ImageContext, ImageSource } from '../../types.ts';
import { TarFile } from '../tar-file/tar-file.ts';
import { type ArchivedImage, readImages, tagsOf } from './images.ts';
import type { DockerArchiveReference } from './reference.ts';

const MAX_CONFIG = 4 * 1024 * 1024;

export async function openDockerArchive(
  reference: DockerArchiveReference,
  { temporaryDirectory, signal }: ImageContext,
): Promise<ImageSource> {
  const archive = await TarFile.open(reference.path, { temporaryDirectory, signal });
  try {
    const image = chooseImage(readImages(archive), reference);
    const config = archive.read(image.Config, MAX_CONFIG);
    const configDigest = sha256Digest(createHash('sha256').update(config).digest('hex'));
    const files = layerFiles(image, config, reference.path);
    let manifest: RawManifest | undefined;
    return {
      async manifest(instance?: Digest): Promise<RawManifest> {
        if (instance !== undefined)
          throw new ImageError('UNSUPPORTED', 'Manifest lists are not supported by docker-archive:');
        manifest ??= await makeManifest(archive, files, configDigest, config.length);
        return manifest;
      },
      async blob({ digest }: Descriptor): Promise<BlobSource> {
        if (digest === configDigest) return archive.blob(image.Config);
        const file = files.find(({ diffId }) => diffId === digest);
        if (!file) throw new ImageError('LAYOUT_INVALID', `${reference.path}: the archive has no blob ${digest}`);
        return isPlain(archive, file.name) ? archive.blob(file.name) : plainBlob(archive.blob(file.name));
      },
      async *signatures() {},
      [Symbol.asyncDispose]: () => archive[Symbol.asyncDispose](),
    };
  } catch (error) {
    await archive[Symbol.asyncDispose]();
    throw error;
  }
}

function chooseImage(
  images: readonly ArchivedImage[],
  { path, reference, index }: DockerArchiveReference,
): ArchivedImage {
  if (index !== undefined) {
    const image = images[index];
    if (image) return image;
    throw new ImageError(
      'IMAGE_NOT_FOUND',
      `${path}: Invalid source index @${index}, only ${images.length} manifest items available`,
    );
  }
  if (reference) {
    const wanted = formatReference(reference);
    const image = images.find((one) => tagsOf(one).includes(wanted));
    if (image) return image;
    throw new ImageError('IMAGE_NOT_FOUND', `${path}: Tag ${JSON.stringify(wanted)} not found`);
  }
  const [image] = images;
  if (image && images.length === 1) return image;
  throw new ImageError(
    'IMAGE_NOT_FOUND',
    `${path}: Unexpected tar manifest.json: expected 1 item, got ${images.length}: choose one by its name or @index`,
  );
}

interface LayerFile {
  readonly name: string;
  readonly diffId: Digest;
}

function layerFiles({ Layers }: ArchivedImage, config: Buffer, path: string): LayerFile[] {
  let diffIds: unknown;
  try {
    diffIds = (JSON.parse(config.toString()) as { rootfs?: { diff_ids?: unknown } }).rootfs?.diff_ids;
  } catch (error) {
    throw new ImageError('LAYOUT_INVALID', `${path}: the configuration isn't JSON: ${(error as Error).message}`);
  }
  if (!Array.isArray(diffIds) || diffIds.length !== Layers.length) {
    const count = Array.isArray(diffIds) ? diffIds.length : 0;
    throw new ImageError(
      'LAYOUT_INVALID',
      `${path}: Inconsistent layer count: ${Layers.length} in the manifest, ${count} in the configuration`,
    );
  }
  return Layers.map((name, index) => {
    const diffId: unknown = diffIds[index];
    if (typeof diffId !== 'string' || !isDigest(diffId))
      throw new ImageError('LAYOUT_INVALID', `${path}: invalid diff id ${JSON.stringify(diffId)}`);
    return { name, diffId };
  });
}

function isPlain(archive: TarFile, name: string): boolean {
  return detectCompression(archive.beginning(name, MAGIC_BYTES)) === 'none';
}

/** As upstream makes it up, its types included: layers are called gzip, though they are served uncompressed. */
async function makeManifest(
  archive: TarFile,
  files: readonly LayerFile[],
  configDigest: Digest,
  configSize: number,
): Promise<RawManifest> {
  const layers: object[] = [];
  for (const { name, diffId } of files) {
    const size = isPlain(archive, name) ? archive.member(name).size : await plainSize(archive.blob(name));
    layers.push({ mediaType: mediaTypes.dockerLayerGzip, size, digest: diffId });
  }
  const manifest = {
    schemaVersion: 2,
    mediaType: mediaTypes.dockerManifest,
    config: { mediaType: mediaTypes.dockerConfig, size: configSize, digest: configDigest },
    layers,
  };
  return rawManifest(Buffer.from(JSON.stringify(manifest)), mediaTypes.dockerManifest);
}

async function plainSize(blob: BlobSource): Promise<number> {
  const { stream } = await decompress(blob.stream() as AsyncIterable<Buffer>);
  let size = 0;
  for await (const chunk of stream) size += chunk.length;
  return size;
}
