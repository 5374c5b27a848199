/** What one copy has learnt saves the next one work. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type CopyOptions, copyImage } from '@lighter/image/copy/copy-image';
import { parseImageName } from '@lighter/image/parse';
import { startFaultyProxy } from './support/faulty-proxy.ts';
import { type Registry, startRegistry } from './support/registry.ts';
import { makeSample, pushSample } from './support/sample-image.ts';
import { scratch } from './support/scratch.ts';

const cleaners: (() => Promise<void> | void)[] = [];
const context = { after: (action: () => Promise<void> | void) => void cleaners.unshift(action) };
const directory = scratch(context, 'blob-cache');
let registry: Registry;

before(async () => {
  registry = await startRegistry(context as never);
});
after(async () => {
  for (const clean of cleaners) await clean();
});

const copy = async (from: string, to: string, cache = 'cache', more: CopyOptions = {}) =>
  copyImage(await parseImageName(from), await parseImageName(to), {
    policy: { default: [{ type: 'insecureAcceptAnything' }], transports: {}, file: undefined },
    context: { tlsVerify: false, blobCacheDirectory: `${directory}/${cache}` },
    ...more,
  });

test('a plain layer is compressed and sent once, whichever repository it goes to', async (t) => {
  const plain = await makeSample(`${directory}/plain`, { compression: 'none' });
  const proxy = await startFaultyProxy(t, registry.host, () => undefined);
  const uploads = () => proxy.requests.filter(({ method }) => method === 'PATCH').length;
  const first = await copy(`oci:${plain.layout}`, `docker://${proxy.host}/a:1`);
  assert.equal(uploads(), 2, 'layer and configuration');
  const again = await copy(`oci:${plain.layout}`, `docker://${proxy.host}/a:2`);
  assert.equal(uploads(), 2);
  assert.equal(again.digest, first.digest);
  const elsewhere = await copy(`oci:${plain.layout}`, `docker://${proxy.host}/b:1`);
  assert.equal(uploads(), 2, 'mounted');
  assert.equal(elsewhere.digest, first.digest);
});

test('a layer that came from a registry is taken over inside it', async (t) => {
  const sample = await makeSample(`${directory}/sample`, { mark: 'pulled' });
  await pushSample(sample, `${registry.host}/original:1`);
  const proxy = await startFaultyProxy(t, registry.host, () => undefined);
  await copy(`docker://${proxy.host}/original:1`, `oci:${directory}/pulled:x`);
  await copy(`oci:${directory}/pulled:x`, `docker://${proxy.host}/derived:1`);
  assert.ok(!proxy.requests.some(({ method }) => method === 'PATCH'));
});

test('without a cache digests can be worked out before anything is sent', async (t) => {
  const plain = await makeSample(`${directory}/precomputed`, { compression: 'none', mark: 'precomputed' });
  const proxy = await startFaultyProxy(t, registry.host, () => undefined);
  const uploads = () => proxy.requests.filter(({ method }) => method === 'PATCH').length;
  const precomputed = { precomputeDigests: true };
  await copy(`oci:${plain.layout}`, `docker://${proxy.host}/precomputed:1`, 'none-1', precomputed);
  assert.equal(uploads(), 2);
  await copy(`oci:${plain.layout}`, `docker://${proxy.host}/precomputed:2`, 'none-2', precomputed);
  assert.equal(uploads(), 2);
});
