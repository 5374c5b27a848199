/** Small blobs in memory. */
import type { BlobSource, Descriptor } from '@lighter/spec/blob';
import { ImageError } from './errors.ts';
import { digestOf } from './raw-manifest.ts';

/** Reads a whole blob and checks its digest. Throws LIMIT_EXCEEDED beyond `maxBytes`. `what` is for the message. */
export async function readBlob(
  blob: BlobSource,
  { digest }: Pick<Descriptor, 'digest'>,
  options: { readonly what: string; readonly maxBytes: number; readonly signal?: AbortSignal | undefined },
): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of blob.stream(options.signal)) {
    size += chunk.length;
    if (size > options.maxBytes)
      throw new ImageError('LIMIT_EXCEEDED', `${options.what} exceeds the maximum of ${options.maxBytes} bytes`);
    chunks.push(chunk);
  }
  const bytes = Buffer.concat(chunks);
  const actual = digestOf(bytes, digest.slice(0, digest.indexOf(':')));
  if (actual !== digest)
    throw new ImageError('DIGEST_MISMATCH', `Digest did not match, expected ${digest}, got ${actual}`);
  return bytes;
}

export function bytesBlob(bytes: Uint8Array): BlobSource {
  return {
    size: bytes.length,
    async *stream() {
      yield bytes;
    },
  };
}
