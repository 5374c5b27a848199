import { writeFileSync } from 'node:fs';
import { bool, choice, string } from '@lighter/cli/flags';
import { copyImage } from '@lighter/image/copy/copy-image';
import { findLocalImage } from '@lighter/image/local-images';
import { hasTransport, parseImageName } from '@lighter/image/parse';
import { StorageReference } from '@lighter/image/transports/containers-storage/reference';
import { buildahCommand } from '../context.ts';
import { copyProgress } from '../progress.ts';
import { registryContext, registryFlags } from '../registry-flags.ts';

export const command = buildahCommand({
  use: 'push [flags] IMAGE [DESTINATION]',
  summary: 'Pushes an image to a registry, layout, folder or other store.',
  flags: {
    ...registryFlags,
    digestfile: string('after copying the image, write the digest of the resulting image to the file'),
    format: choice('manifest type to use in the destination', ['oci', 'v2s2'], { short: 'f' }),
    quiet: bool("don't output progress information when pushing images", { short: 'q' }),
    'remove-signatures': bool("don't copy signatures when pushing image"),
    rm: bool('remove the image after pushing it'),
  },
  interspersed: false,
  async run({ flags, args, context, signal }) {
    const [image, destination = image] = args;
    if (image === undefined || destination === undefined)
      throw new Error('at least a source image ID must be specified');
    if (args.length > 2) throw new Error('too many arguments specified');
    const store = await context.store();
    const to = await parseImageName(hasTransport(destination) ? destination : `docker://${destination}`);
    let id: string;
    try {
      ({ id } = await findLocalImage(store, image));
      const manifest = await copyImage(new StorageReference(id, store), to, {
        destinationContext: registryContext(flags, signal),
        ...(flags.format ? { format: flags.format } : {}),
        ...(flags['remove-signatures'] ? { removeSignatures: true } : {}),
        onEvent: copyProgress(flags.quiet ?? false),
        signal,
      });
      if (flags.digestfile !== undefined) writeFileSync(flags.digestfile, manifest.digest);
    } catch (error) {
      throw new Error(
        `pushing image ${JSON.stringify(image)} to ${JSON.stringify(String(to))}: ${(error as Error).message}`,
        {
          cause: error,
        },
      );
    }
    if (flags.rm) await store.deleteImage(id);
  },
});
