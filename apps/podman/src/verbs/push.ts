import { bool, choice, string } from '@lighter/cli/flags';
import { copyImage } from '@lighter/image/copy/copy-image';
import { findLocalImage } from '@lighter/image/local-images';
import { hasTransport, parseImageName } from '@lighter/image/parse';
import { StorageReference } from '@lighter/image/transports/containers-storage/reference';
import { podmanCommand } from '../context.ts';
import { expectArguments } from '../each.ts';
import { copyProgress } from '../progress.ts';
import { policyOf, registryContext, registryFlags, retrying } from '../registry-flags.ts';

export const command = podmanCommand({
  use: 'push [options] IMAGE [DESTINATION]',
  summary: 'Pushes a source image to a specified destination.',
  examples: ['podman push myimage docker://registry.example.com/myimage:1', 'podman push myimage oci:/tmp/layout:1'],
  flags: {
    ...registryFlags,
    digestfile: string('write the digest of the pushed image to the specified file'),
    format: choice('manifest type (oci, v2s2) to use in the destination', ['oci', 'v2s2'], { short: 'f' }),
    quiet: bool('suppress output information when pushing images', { short: 'q' }),
    'remove-signatures': bool('discard any pre-existing signatures in the image'),
  },
  async run({ flags, args, context, signal }) {
    expectArguments('push', args, 1, 2);
    const [name = '', target] = args;
    const store = await context.store();
    const image = await findLocalImage(store, name);
    const destination = await parseImageName(destinationName(target ?? image.names[0] ?? name));
    const policy = await policyOf(flags);
    const manifest = await retrying(flags, () =>
      copyImage(new StorageReference(image.id, store), destination, {
        policy,
        destinationContext: registryContext(flags, signal),
        signal,
        onEvent: copyProgress(flags.quiet ?? false),
        removeSignatures: flags['remove-signatures'] ?? false,
        ...(flags.format ? { format: flags.format } : {}),
      }),
    );
    if (flags.digestfile !== undefined) {
      const { writeFileSync } = await import('node:fs');
      writeFileSync(flags.digestfile, manifest.digest);
    }
    return undefined;
  },
});

function destinationName(text: string): string {
  return hasTransport(text) ? text : `docker://${text}`;
}
