import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { type TestContext, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { validateConfig, validateIndex, validateManifest } from './documents.ts';
import { validateLayout } from './layout.ts';

const digest = `sha256:${'a'.repeat(64)}`;
const json = (value: unknown) => Buffer.from(JSON.stringify(value));
const layer = { mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip', digest, size: 1 };
const config = { mediaType: 'application/vnd.oci.image.config.v1+json', digest, size: 1 };
const manifest = { schemaVersion: 2, mediaType: 'application/vnd.oci.image.manifest.v1+json', config, layers: [layer] };

test('a manifest: each fault with its place', () => {
  assert.deepEqual(validateManifest(json(manifest)), []);
  const places = (value: unknown) => validateManifest(json(value)).map(({ place }) => place);
  assert.deepEqual(places({ ...manifest, schemaVersion: '2' }), ['/schemaVersion']);
  assert.deepEqual(places({ ...manifest, mediaType: 'application/x' }), ['/mediaType']);
  assert.deepEqual(places({ ...manifest, layers: [layer, { ...layer, digest: 'sha256:12' }] }), ['/layers/1/digest']);
  assert.deepEqual(places({ ...manifest, layers: {} }), ['/layers']);
  assert.deepEqual(places({ ...manifest, config: { ...config, size: -1 } }), ['/config/size']);
  assert.deepEqual(places({ ...manifest, config: { ...config, size: 1.5, mediaType: 'x' } }), [
    '/config/mediaType',
    '/config/size',
  ]);
  assert.deepEqual(places({ ...manifest, annotations: { 'a/b~c': 1 } }), ['/annotations/a~1b~0c']);
  assert.deepEqual(places({ ...manifest, layers: [{ ...layer, urls: ['not a uri'] }] }), ['/layers/0/urls/0']);
  assert.deepEqual(places({ ...manifest, config: undefined }), ['']);
  assert.deepEqual(places(null), ['']);
  assert.deepEqual(places({ ...manifest, config: { ...config, mediaType: 'application/vnd.oci.empty.v1+json' } }), [
    '',
  ]);
  assert.match(validateManifest(Buffer.from('{'))[0]?.message ?? '', /not JSON/);
  assert.match(validateManifest(Buffer.from([0x22, 0xff, 0x22]))[0]?.message ?? '', /not JSON in UTF-8/);
});

test('data in a descriptor is what size and digest say', () => {
  const bytes = Buffer.from('{}');
  const sum = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
  const embedded = { ...config, digest: sum, size: 2, data: bytes.toString('base64') };
  assert.deepEqual(validateManifest(json({ ...manifest, config: embedded })), []);
  for (const wrong of [{ data: 'e30' }, { data: 'e31=' }, { size: 3 }, { data: 'W10=' }])
    assert.equal(validateManifest(json({ ...manifest, config: { ...embedded, ...wrong } }))[0]?.place, '/config/data');
});

test('an index', () => {
  const entry = { ...config, mediaType: manifest.mediaType, platform: { os: 'linux', architecture: 'amd64' } };
  assert.deepEqual(validateIndex(json({ schemaVersion: 2, manifests: [entry] })), []);
  assert.deepEqual(validateIndex(json({ schemaVersion: 2, manifests: [] })), []);
  assert.deepEqual(validateIndex(json({ schemaVersion: 2, manifests: [{ ...entry, platform: { os: 'linux' } }] })), [
    { place: '/manifests/0/platform', message: 'has no "architecture"' },
  ]);
});

test('a configuration', () => {
  const good = {
    created: '2024-02-03T04:05:06.123456789Z',
    architecture: 'amd64',
    os: 'linux',
    config: { Env: ['A=b', 'C='], ExposedPorts: { '80/tcp': {}, 53: {} }, Cmd: ['sh'], StopSignal: 'SIGRTMIN+3' },
    rootfs: { type: 'layers', diff_ids: [digest] },
    history: [{ created_by: 'a' }, { created_by: 'b', empty_layer: true }],
  };
  assert.deepEqual(validateConfig(json(good)), []);
  const places = (change: object) => validateConfig(json({ ...good, ...change })).map(({ place }) => place);
  assert.deepEqual(places({ created: 'yesterday' }), ['/created']);
  assert.deepEqual(places({ config: { Env: ['A', '=b', 'C=d\n'] } }), ['/config/Env/0', '/config/Env/1']);
  assert.deepEqual(places({ config: { ExposedPorts: { '80/http': {}, 70000: {} } } }), [
    '/config/ExposedPorts/70000',
    '/config/ExposedPorts/80~1http',
  ]);
  assert.deepEqual(places({ config: { Cmd: 'sh' } }), ['/config/Cmd']);
  assert.deepEqual(places({ history: [] }), []);
  assert.deepEqual(places({ history: [{}, {}] }), ['/history']);
  assert.deepEqual(places({ rootfs: { type: 'tar', diff_ids: ['x'] } }), ['/rootfs/type', '/rootfs/diff_ids/0']);
});

function makeLayout(context: TestContext) {
  const path = mkdtempSync(`${tmpdir()}/lighter-validate-`);
  context.after(() => rmSync(path, { recursive: true }));
  mkdirSync(`${path}/blobs/sha256`, { recursive: true });
  const put = (bytes: Buffer, mediaType: string) => {
    const hex = createHash('sha256').update(bytes).digest('hex');
    writeFileSync(`${path}/blobs/sha256/${hex}`, bytes);
    return { mediaType, digest: `sha256:${hex}`, size: bytes.length };
  };
  const tar = Buffer.alloc(1024);
  const diffId = `sha256:${createHash('sha256').update(tar).digest('hex')}`;
  const made = {
    layer: put(gzipSync(tar), layer.mediaType),
    config: put(
      json({ architecture: 'amd64', os: 'linux', rootfs: { type: 'layers', diff_ids: [diffId] } }),
      config.mediaType,
    ),
  };
  const image = put(json({ ...manifest, config: made.config, layers: [made.layer] }), manifest.mediaType);
  writeFileSync(`${path}/oci-layout`, '{"imageLayoutVersion":"1.0.0"}');
  writeFileSync(`${path}/index.json`, json({ schemaVersion: 2, manifests: [image] }));
  const blob = ({ digest: name }: { digest: string }) => `${path}/blobs/sha256/${name.slice(7)}`;
  return { path, put, blob, image, ...made };
}

test('a layout: what is missing, what has other bytes, what doesn’t fit', async (context) => {
  const whole = makeLayout(context);
  assert.deepEqual(await validateLayout(whole.path, { layers: true }), []);

  rmSync(whole.blob(whole.layer));
  const [missing, ...more] = await validateLayout(whole.path, { layers: true });
  assert.equal(missing?.place, `blobs/sha256/${whole.image.digest.slice(7)}#/layers/0`);
  assert.deepEqual(more, []);

  const changed = makeLayout(context);
  writeFileSync(changed.blob(changed.layer), gzipSync(Buffer.alloc(2048)));
  const messages = (await validateLayout(changed.path, { layers: true })).map(({ message }) => message);
  assert.equal(messages.length, 3);
  assert.match(messages.join('\n'), /says \d+ bytes.*\n.*diff id.*\n.*has the digest/);

  const unlike = makeLayout(context);
  const twice = unlike.put(
    json({ ...manifest, config: unlike.config, layers: [unlike.layer, unlike.layer] }),
    manifest.mediaType,
  );
  writeFileSync(`${unlike.path}/index.json`, json({ schemaVersion: 2, manifests: [twice] }));
  writeFileSync(`${unlike.path}/oci-layout`, '{}');
  writeFileSync(`${unlike.path}/blobs/sha256/stray`, '');
  writeFileSync(`${unlike.path}/blobs/sha512`, '');
  assert.deepEqual(await validateLayout(unlike.path), [
    { place: 'oci-layout#', message: 'has no "imageLayoutVersion"' },
    { place: `blobs/sha256/${twice.digest.slice(7)}#/layers`, message: 'has 2 layers, its configuration 1 diff ids' },
    { place: 'blobs/sha256/stray', message: 'is not named by a digest' },
    { place: 'blobs/sha512', message: 'is no folder' },
  ]);
  assert.deepEqual(
    (await validateLayout('/nonexistent')).map(({ place }) => place),
    ['oci-layout', 'index.json', 'blobs'],
  );
});

test('lists that hold themselves end, and deep ones are refused', async (context) => {
  const { path, put } = makeLayout(context);
  const indexType = 'application/vnd.oci.image.index.v1+json';
  let inner = put(json({ schemaVersion: 2, manifests: [] }), indexType);
  for (let depth = 0; depth < 12; depth++) inner = put(json({ schemaVersion: 2, manifests: [inner] }), indexType);
  writeFileSync(`${path}/index.json`, json({ schemaVersion: 2, manifests: [inner] }));
  assert.match((await validateLayout(path)).map(({ message }) => message).join(), /nested more than 8 deep/);
});
