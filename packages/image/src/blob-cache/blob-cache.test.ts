import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { type TestContext, test } from 'node:test';
import { sha256Digest } from '@lighter/spec/digest';
import { blobCache } from './blob-cache.ts';

function scratch(t: TestContext): string {
  const directory = mkdtempSync(`${tmpdir()}/lighter-blob-cache-`);
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

const [plain, gzip, zstd] = ['a', 'b', 'c'].map((letter) => sha256Digest(letter.repeat(64))) as [
  ReturnType<typeof sha256Digest>,
  ReturnType<typeof sha256Digest>,
  ReturnType<typeof sha256Digest>,
];

test('what was learnt is known to the next copy', async (t) => {
  const cache = blobCache(scratch(t));
  assert.deepEqual(await cache.locations('r.example', gzip), []);
  cache.learn({ kind: 'content', digest: gzip, uncompressed: plain });
  cache.learn({ kind: 'compressor', digest: gzip, compressor: 'gzip' });
  cache.learn({ kind: 'content', digest: zstd, uncompressed: plain });
  cache.learn({ kind: 'compressor', digest: zstd, compressor: 'zstd' });
  cache.learn({ kind: 'location', registry: 'r.example', digest: zstd, repository: 'a/b' });
  await cache.save();
  assert.deepEqual(await cache.locations('r.example', zstd), ['a/b']);
  assert.deepEqual(await cache.locations('other.example', zstd), []);
  const known = await cache.substitutes('r.example', plain);
  assert.deepEqual(
    known.map(({ digest, compressor, location }) => [digest, compressor, location]),
    [
      [zstd, 'zstd', 'a/b'],
      [gzip, 'gzip', undefined],
    ],
  );
  assert.deepEqual(
    (await cache.substitutes('r.example', gzip)).map(({ digest }) => digest),
    [zstd],
    'a blob whose form is unknown is none',
  );
});

test('a cache that is broken or can’t be made is as good as none', async (t) => {
  const directory = scratch(t);
  writeFileSync(`${directory}/blob-info-cache-v1.sqlite`, 'this is no database, whatever its name says'.repeat(100));
  const broken = blobCache(directory);
  broken.learn({ kind: 'compressor', digest: gzip, compressor: 'gzip' });
  await broken.save();
  assert.deepEqual(await broken.substitutes('r.example', gzip), []);
  const nowhere = blobCache(`${directory}/blob-info-cache-v1.sqlite/below-a-file`);
  nowhere.learn({ kind: 'compressor', digest: gzip, compressor: 'gzip' });
  await nowhere.save();
  assert.deepEqual(await nowhere.locations('r.example', gzip), []);
});
