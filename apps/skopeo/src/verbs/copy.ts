import { bool, choice, int, string, strings } from '@lighter/cli/flags';
import { copyImage } from '@lighter/image/copy/copy-image';
import { parseImageName } from '@lighter/image/parse';
import { skopeoCommand } from '../context.ts';
import { within } from '../failure.ts';
import { destinationFlags, sourceFlags, withImageFlags } from '../image-flags.ts';
import { copyProgress } from '../progress.ts';
import { retrying } from '../retry.ts';

export const command = skopeoCommand({
  use: 'copy [command options] SOURCE-IMAGE DESTINATION-IMAGE',
  summary: 'Copy an IMAGE-NAME from one location to another',
  examples: [
    'skopeo copy docker://quay.io/skopeo/stable:latest docker://registry.example.com/skopeo:latest',
    'skopeo copy docker://quay.io/skopeo/stable:latest oci:/tmp/layout:stable',
  ],
  flags: {
    ...sourceFlags,
    ...destinationFlags,
    'additional-tag': strings('additional tags (supports docker-archive)', { hidden: true }),
    all: bool('copy all images if SOURCE-IMAGE is a list', { short: 'a' }),
    authfile: string('path of the authentication file'),
    digestfile: string('write the digest of the pushed image to the specified file'),
    format: choice('MANIFEST TYPE (oci or v2s2) to use in the destination', ['oci', 'v2s2'], { short: 'f' }),
    'image-parallel-copies': int('maximum number of blobs copied at once'),
    'preserve-digests': bool('preserve digests of images and lists'),
    quiet: bool('suppress output information when copying images', { short: 'q' }),
    'remove-signatures': bool('do not copy signatures from SOURCE-IMAGE'),
    'retry-times': int('the number of times to possibly retry'),
  },
  async run({ flags, args, context, signal }) {
    const [from, to] = args;
    if (args.length !== 2 || from === undefined || to === undefined) throw new Error('Exactly two arguments expected');
    if (flags['additional-tag']) throw new Error('--additional-tag is for docker-archive:, which is not built yet');
    const source = await within(`Invalid source name ${from}`, () => parseImageName(from));
    const destination = await within(`Invalid destination name ${to}`, () => parseImageName(to));
    const policy = await within('Error loading trust policy', () => context.policy());
    const base = context.imageContext(signal);
    const manifest = await retrying(flags['retry-times'] ?? 0, () =>
      copyImage(source, destination, {
        policy,
        sourceContext: withImageFlags(base, flags, 'src-'),
        destinationContext: withImageFlags(base, flags, 'dest-'),
        ...(base.signal ? { signal: base.signal } : {}),
        onEvent: copyProgress(flags.quiet ?? false),
        all: flags.all ?? false,
        preserveDigests: flags['preserve-digests'] ?? false,
        removeSignatures: flags['remove-signatures'] ?? false,
        ...(flags.format ? { format: flags.format } : {}),
        ...(flags['image-parallel-copies'] ? { parallel: flags['image-parallel-copies'] } : {}),
      }),
    );
    if (flags.digestfile !== undefined) {
      const { writeFileSync } = await import('node:fs');
      writeFileSync(flags.digestfile, manifest.digest);
    }
    return undefined;
  },
});
