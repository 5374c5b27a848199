/** Flags about how an image is copied, which `copy` and `sync` share. */
import { bool, string, uint } from '@lighter/cli/flags';
import type { CopyOptions } from '@lighter/image/copy/copy-image';
import type { LayerCompressionWish } from '@lighter/image/copy/options';

export const copyFlags = {
  all: bool('Copy all images if SOURCE-IMAGE is a list', { short: 'a' }),
  format: string(
    'MANIFEST TYPE (oci, v2s1, or v2s2) to use in the destination (default is manifest type of source, with fallbacks)',
    { short: 'f' },
  ),
  'image-parallel-copies': uint(
    'Maximum number of image layers to be copied (pulled/pushed) simultaneously. Not setting this field will fall back to containers/image defaults.',
  ),
  'preserve-digests': bool('Preserve digests of images and lists'),
  'remove-signatures': bool('Do not copy signatures from source'),
};

interface CopyFlags {
  readonly format?: string;
  readonly 'image-parallel-copies'?: number;
  readonly 'preserve-digests'?: boolean;
  readonly 'remove-signatures'?: boolean;
}

export function copyOptions(flags: CopyFlags): CopyOptions {
  const format = formatOf(flags.format);
  const parallel = flags['image-parallel-copies'];
  return {
    preserveDigests: flags['preserve-digests'] ?? false,
    removeSignatures: flags['remove-signatures'] ?? false,
    ...(format ? { format } : {}),
    ...(parallel ? { parallel } : {}),
  };
}

function formatOf(text: string | undefined): 'oci' | 'v2s1' | 'v2s2' | undefined {
  if (text === undefined || text === 'oci' || text === 'v2s1' || text === 'v2s2') return text;
  throw new Error(
    `unknown format ${JSON.stringify(text)}. Choose one of the supported formats: 'oci', 'v2s1', or 'v2s2'`,
  );
}

const levels = { gzip: [1, 9], zstd: [1, 20] } as const;

interface CompressionFlags {
  readonly 'dest-compress-format'?: string;
  readonly 'dest-compress-level'?: string;
  readonly 'dest-force-compress-format'?: boolean;
}

export function compressionOptions(flags: CompressionFlags): LayerCompressionWish | undefined {
  const name = flags['dest-compress-format'];
  const force = flags['dest-force-compress-format'] ?? false;
  const levelText = flags['dest-compress-level'];
  const level = levelText === undefined ? undefined : Number(levelText);
  if (level !== undefined && !Number.isInteger(level))
    throw new Error(`invalid compression level ${JSON.stringify(levelText)}`);
  if (name === undefined) {
    if (force) throw new Error('cannot use ForceCompressionFormat with undefined default compression format');
    return level === undefined ? undefined : checked({ format: 'gzip', level });
  }
  if (name === 'bzip2' || name === 'xz' || name === 'zstd:chunked')
    throw new Error(`${name} compression is not supported for writing layers: use gzip or zstd`);
  if (name !== 'gzip' && name !== 'zstd') throw new Error(`cannot find compressor for ${JSON.stringify(name)}`);
  return checked({ format: name, ...(level === undefined ? {} : { level }), force });
}

function checked(wish: LayerCompressionWish): LayerCompressionWish {
  const [least, most] = levels[wish.format];
  if (wish.level !== undefined && (wish.level < least || wish.level > most))
    throw new Error(`compression level ${wish.level} of ${wish.format} is not between ${least} and ${most}`);
  return wish;
}
