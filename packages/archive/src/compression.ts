/** Kinds of compression, by their magic bytes; numbers are those of layer records (storage: archive.Compression). */
export const compressions = ['none', 'bzip2', 'gzip', 'xz', 'zstd'] as const;
export type Compression = (typeof compressions)[number];

/** Bytes needed to tell. */
export const MAGIC_BYTES = 6;

const magics: readonly (readonly [Compression, readonly number[]])[] = [
  ['gzip', [0x1f, 0x8b, 0x08]],
  ['zstd', [0x28, 0xb5, 0x2f, 0xfd]],
  ['bzip2', [0x42, 0x5a, 0x68]],
  ['xz', [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]],
];

export function detectCompression(start: Uint8Array): Compression {
  for (const [kind, magic] of magics) if (magic.every((byte, index) => start[index] === byte)) return kind;
  // A skippable frame may come first (RFC 8878, 3.1.2).
  const skippable =
    start.length >= 4 &&
    ((start[0] ?? 0) & 0xf0) === 0x50 &&
    start[1] === 0x2a &&
    start[2] === 0x4d &&
    start[3] === 0x18;
  return skippable ? 'zstd' : 'none';
}
