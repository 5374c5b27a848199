import { mkdtempSync } from 'node:fs';
import { parseImageName } from '@lighter/image/parse';
import { isDigest } from '@lighter/spec/digest';
import { isListType, isSchema1Type, parseIndex, parseManifest } from '@lighter/spec/manifest';
import { mediaTypes } from '@lighter/spec/media-types';
import { chooseInstance, describeWanted } from '@lighter/spec/platform';
import { skopeoCommand } from '../context.ts';
import { within } from '../failure.ts';
import { completeImageName } from '../image-completion.ts';
import { imageFlags, withImageFlags } from '../image-flags.ts';
import { retryFlags, retrying } from '../retry.ts';

export const command = skopeoCommand({
  use: 'layers [command options] IMAGE-NAME [LAYER...]',
  summary: 'Get layers of IMAGE-NAME',
  flags: { ...imageFlags, ...retryFlags },
  complete: completeImageName,
  async run({ flags, args, context, signal }) {
    process.stderr.write('DEPRECATED: skopeo layers is deprecated in favor of skopeo copy\n');
    const [name, ...wanted] = args;
    if (name === undefined) throw new Error('Usage: layers imageReference [layer...]');
    const reference = await within(`Invalid source name ${name}`, () => parseImageName(name));
    const digests = wanted.map((text) => (text.startsWith('sha256:') ? text : `sha256:${text}`));
    const bad = digests.find((digest) => !isDigest(digest));
    if (bad !== undefined) throw new Error(`invalid digest ${JSON.stringify(bad)}`);
    const imageContext = withImageFlags(context.imageContext(signal), flags);
    await retrying(flags, signal, async () => {
      await using source = await reference.open(imageContext);
      let manifest = await source.manifest();
      if (isListType(manifest.mediaType)) {
        const chosen = chooseInstance(parseIndex(manifest.bytes, manifest.mediaType).manifests, imageContext.platform);
        if (!chosen)
          throw new Error(`no image found in image index for ${describeWanted(imageContext.platform ?? {})}`);
        manifest = await source.manifest(chosen.digest);
      }
      const blobs = await blobsOf(manifest);
      const target = await parseImageName(`dir:${mkdtempSync('layers-')}`);
      await using destination = await target.create(imageContext);
      for (const blob of blobs) {
        if (digests.length > 0 && !digests.includes(blob.digest)) continue;
        await destination.putBlob(await source.blob(blob), blob, { signal });
      }
      await destination.putManifest(manifest);
      await destination.commit();
    });
    return undefined;
  },
});

async function blobsOf(manifest: { readonly bytes: Uint8Array; readonly mediaType: string }) {
  if (!isSchema1Type(manifest.mediaType)) return parseManifest(manifest.bytes, manifest.mediaType).layers;
  const { parseSchema1 } = await import('@lighter/image/manifest/schema1');
  const digests = new Set(parseSchema1(manifest.bytes).layers.map(({ digest }) => digest));
  return [...digests].map((digest) => ({ mediaType: mediaTypes.dockerLayerGzip, digest, size: -1 }));
}
