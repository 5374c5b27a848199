import { bool, string, strings } from '@lighter/cli/flags';
import { type CopyOptions, copyImage } from '@lighter/image/copy/copy-image';
import { parseImageName } from '@lighter/image/parse';
import { skopeoCommand } from '../context.ts';
import { compressionOptions, copyFlags, copyOptions } from '../copy-flags.ts';
import { within } from '../failure.ts';
import { completeImageName } from '../image-completion.ts';
import { authFileHelp, destinationFlags, layoutFlags, sourceFlags, withImageFlags } from '../image-flags.ts';
import { copyProgress } from '../progress.ts';
import { retryFlags, retrying } from '../retry.ts';
import { exactArguments } from '../usage.ts';

export const command = skopeoCommand({
  use: 'copy [command options] SOURCE-IMAGE DESTINATION-IMAGE',
  summary: 'Copy an IMAGE-NAME from one location to another',
  description: `Container "IMAGE-NAME" uses a "transport":"details" format.

Supported transports:
containers-storage, dir, docker, docker-archive, docker-daemon, oci, oci-archive, tarball

See skopeo(1) section "IMAGE NAMES" for the expected format
`,
  examples: [
    'skopeo copy docker://quay.io/skopeo/stable:latest docker://registry.example.com/skopeo:latest',
    'skopeo copy docker://quay.io/skopeo/stable:latest oci:/tmp/layout:stable',
  ],
  flags: {
    ...sourceFlags,
    ...destinationFlags,
    ...layoutFlags('src-'),
    ...layoutFlags('dest-'),
    ...copyFlags,
    ...retryFlags,
    'additional-tag': strings('additional tags (supports docker-archive)'),
    authfile: string(authFileHelp),
    'dest-compress': bool(
      "Compress tarball image layers when saving to directory using the 'dir' transport. (default is same compression type as source)",
    ),
    'dest-compress-format': string('`FORMAT` to use for the compression'),
    'dest-compress-level': string('`LEVEL` to use for the compression'),
    'dest-decompress': bool(
      "Decompress tarball image layers when saving to directory using the 'dir' transport. (default is same compression type as source)",
    ),
    'dest-force-compress-format': bool(
      'Force exclusive use of the compression algorithm set in --dest-compress-format',
    ),
    'dest-oci-accept-uncompressed-layers': bool(
      "Allow uncompressed image layers when saving to an OCI image using the 'oci' transport. (default is to compress things that aren't compressed)",
    ),
    'dest-precompute-digests': bool(
      "Precompute digests to prevent uploading layers already on the registry using the 'docker' transport.",
    ),
    digestfile: string('Write the digest of the pushed image to the specified file'),
    'multi-arch': string(
      'How to handle multi-architecture images (system, all, index-only, or platforms such as linux/amd64,linux/arm64)',
    ),
    'strip-removed-platforms': bool('Take the platforms that --multi-arch leaves out also out of the list'),
    quiet: bool('Suppress output information when copying images', { short: 'q' }),
  },
  complete: completeImageName,
  async run({ flags, args, context, signal }) {
    await exactArguments('copy', args, 2, 'Exactly two arguments expected');
    const [from = '', to = ''] = args;
    const source = await within(`Invalid source name ${from}`, () => parseImageName(from));
    const destination = await within(`Invalid destination name ${to}`, () => parseImageName(to));
    const policy = await within('Error loading trust policy', () => context.policy());
    const base = context.imageContext(signal);
    const compression = compressionOptions(flags);
    const manifest = await retrying(flags, signal, () =>
      copyImage(source, destination, {
        policy,
        sourceContext: withImageFlags(base, flags, 'src-'),
        destinationContext: {
          ...withImageFlags(base, flags, 'dest-'),
          ...directoryCompression(flags),
          ...(flags['additional-tag'] ? { additionalTags: flags['additional-tag'] } : {}),
          ...(flags['dest-oci-accept-uncompressed-layers'] ? { acceptUncompressedLayers: true } : {}),
        },
        ...(base.signal ? { signal: base.signal } : {}),
        ...copyOptions(flags),
        onEvent: copyProgress(flags.quiet ?? false),
        multiArch: multiArchOf(flags),
        precomputeDigests: flags['dest-precompute-digests'] ?? false,
        ...(compression ? { compression } : {}),
      }),
    );
    if (flags.digestfile !== undefined) {
      const { writeFileSync } = await import('node:fs');
      writeFileSync(flags.digestfile, manifest.digest);
    }
    return undefined;
  },
});

function directoryCompression(flags: { 'dest-compress'?: boolean; 'dest-decompress'?: boolean }) {
  const { 'dest-compress': compress = false, 'dest-decompress': decompress = false } = flags;
  if (compress && decompress) throw new Error('Cannot compress and decompress at the same time');
  if (!compress && !decompress) return {};
  return { directoryCompression: compress ? ('compress' as const) : ('decompress' as const) };
}

interface MultiArchFlags {
  readonly 'multi-arch'?: string;
  readonly 'strip-removed-platforms'?: boolean;
  readonly all?: boolean;
}

function multiArchOf(flags: MultiArchFlags): NonNullable<CopyOptions['multiArch']> {
  const { all = false, 'multi-arch': text, 'strip-removed-platforms': strip = false } = flags;
  const platforms = text?.includes('/') ? text.split(',').map(platformOf) : undefined;
  if (strip && !platforms) throw new Error('--strip-removed-platforms needs --multi-arch with platforms');
  if (text === undefined) return all ? 'all' : 'system';
  if (all) throw new Error('Cannot use --all and --multi-arch flags together');
  if (platforms) return { platforms, strip };
  if (text === 'system' || text === 'all' || text === 'index-only') return text;
  throw new Error(
    `unknown multi-arch option ${JSON.stringify(text)}. Choose one of the supported options: 'system', 'all', or 'index-only'`,
  );
}

function platformOf(text: string): { readonly os: string; readonly architecture: string } {
  const [os = '', architecture = '', ...rest] = text.trim().split('/');
  if (os === '' || architecture === '' || rest.length > 0)
    throw new Error(`invalid platform ${JSON.stringify(text)} in --multi-arch: expected OS/ARCH`);
  return { os, architecture };
}
