/** Layers in another form on their way. */
import type { Compression } from '@lighter/archive/compression';
import type { BlobSource } from '@lighter/spec/blob';
import type { Digest } from '@lighter/spec/digest';
import { ImageError } from '../errors.ts';
import type { LayerCompressionWish } from './options.ts';

/** The same content compressed, of unknown size. */
export function compressedBlob(plain: BlobSource, wish: LayerCompressionWish): BlobSource {
  return {
    async *stream(signal) {
      const { compressStream } = await import('@lighter/archive/compress');
      yield* compressStream(plain.stream(signal), wish.format, wish.level);
    },
  };
}

/** The uncompressed content, of unknown size. */
export function plainBlob(blob: BlobSource): BlobSource {
  return {
    async *stream(signal) {
      const { decompress } = await import('@lighter/archive/decompress');
      const { stream } = await decompress(blob.stream(signal) as AsyncIterable<Buffer>);
      yield* stream;
    },
  };
}

/** Checks what is read against a digest: for blobs that change on their way, so that nobody else sees them whole. */
export function verifiedBlob(blob: BlobSource, digest: Digest): BlobSource {
  return {
    ...(blob.size === undefined ? {} : { size: blob.size }),
    async *stream(signal) {
      const { createHash } = await import('node:crypto');
      const algorithm = digest.slice(0, digest.indexOf(':'));
      const hash = createHash(algorithm);
      for await (const chunk of blob.stream(signal)) {
        hash.update(chunk);
        yield chunk;
      }
      const actual = `${algorithm}:${hash.digest('hex')}`;
      if (actual !== digest)
        throw new ImageError('DIGEST_MISMATCH', `Digest did not match, expected ${digest}, got ${actual}`);
    },
  };
}

/**
 * How a blob is compressed, by its first bytes, and the blob with those bytes still in it. A blob from a registry is taken
 * for what its media type says: looking at it would cost a request.
 */
export async function compressionOf(
  blob: BlobSource,
  declared: Compression | undefined,
  signal: AbortSignal | undefined,
): Promise<{ readonly compression: Compression; readonly blob: BlobSource }> {
  if (blob.recipe?.kind === 'http' && declared !== undefined) return { compression: declared, blob };
  const { detectCompression, MAGIC_BYTES } = await import('@lighter/archive/compression');
  if (blob.recipe?.kind === 'file') {
    const { open } = await import('node:fs/promises');
    await using file = await open(blob.recipe.path);
    const length = Math.min(MAGIC_BYTES, blob.recipe.length ?? MAGIC_BYTES);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(MAGIC_BYTES), 0, length, blob.recipe.offset ?? 0);
    return { compression: detectCompression(buffer.subarray(0, bytesRead)), blob };
  }
  const chunks = blob.stream(signal)[Symbol.asyncIterator]();
  const first = await chunks.next();
  const rest: BlobSource = {
    ...(blob.size === undefined ? {} : { size: blob.size }),
    // Read once, by whoever copies it.
    async *stream() {
      try {
        for (let next = first; !next.done; next = await chunks.next()) yield next.value;
      } finally {
        await chunks.return?.();
      }
    },
  };
  return { compression: first.done ? 'none' : detectCompression(first.value), blob: rest };
}
