/** Compression of layers on their way. zlib works in its own threads. */
import { pipeline, Readable } from 'node:stream';
import type { BlobSource } from '@lighter/spec/blob';

const CHUNK = 256 * 1024;

export function isCompressedType(mediaType: string): boolean {
  return /[.+](gzip|zstd)$/.test(mediaType);
}

/** The same content as a gzip blob of unknown size. */
export function gzipBlob(blob: BlobSource): BlobSource {
  return {
    async *stream(signal) {
      const { createGzip } = await import('node:zlib');
      const gzip = createGzip({ chunkSize: CHUNK });
      const source = Readable.from(blob.stream(signal), { objectMode: true, highWaterMark: 1 });
      let failure: Error | undefined;
      pipeline(source, gzip, (error) => {
        failure = error ?? undefined;
      });
      try {
        for await (const chunk of gzip) yield chunk;
      } catch (error) {
        throw failure ?? error;
      } finally {
        source.destroy();
        gzip.destroy();
      }
    },
  };
}
