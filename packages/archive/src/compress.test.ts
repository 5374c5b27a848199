/** Streams compressed in blocks are one stream again for whoever inflates them. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { gunzipSync, gzipSync, zstdDecompressSync } from 'node:zlib';
import { compressStream } from './compress.ts';

/** Text that repeats itself over long distances, as archives do. */
function content(length: number): Buffer {
  const pieces = Array.from({ length: 50 }, () => randomBytes(2000).toString('base64'));
  let text = '';
  for (let n = 0; text.length < length; n++) text += pieces[(n * n) % 50];
  return Buffer.from(text.slice(0, length));
}

async function compressed(format: 'gzip' | 'zstd', bytes: Buffer, chunk: number, level?: number): Promise<Buffer> {
  async function* chunks() {
    for (let at = 0; at < bytes.length; at += chunk) yield bytes.subarray(at, at + chunk);
  }
  return Buffer.concat(await Array.fromAsync(compressStream(chunks(), format, level)));
}

for (const length of [0, 1, 1024 * 1024, 1024 * 1024 + 1, 9_000_000]) {
  test(`${length} bytes come back whole`, async () => {
    const bytes = content(length);
    for (const chunk of [100_000, 3_000_000]) {
      assert.ok(gunzipSync(await compressed('gzip', bytes, chunk)).equals(bytes));
      assert.ok(zstdDecompressSync(await compressed('zstd', bytes, chunk)).equals(bytes));
    }
  });
}

test('blocks know what is before them', async () => {
  const bytes = content(5_000_000);
  const whole = gzipSync(bytes, { level: 6 }).length;
  assert.ok((await compressed('gzip', bytes, 65_536, 6)).length < whole * 1.02);
});

test('an error of the source is the one that is thrown', async () => {
  async function* broken() {
    yield randomBytes(3_000_000);
    throw new TypeError('the source broke');
  }
  await assert.rejects(Array.fromAsync(compressStream(broken(), 'gzip')), { name: 'TypeError' });
});
