import assert from 'node:assert/strict';
import { test } from 'node:test';
import { goJson, goTime } from './go-json.ts';
import { guessMediaType, parseIndex, parseManifest } from './manifest.ts';
import { mediaTypes } from './media-types.ts';
import { chooseInstance } from './platform.ts';

const digest = `sha256:${'b'.repeat(64)}`;
const manifest = (extra: object = {}) => ({
  schemaVersion: 2,
  config: { mediaType: mediaTypes.ociConfig, digest, size: 2 },
  layers: [{ mediaType: mediaTypes.ociLayerGzip, digest, size: 5 }],
  ...extra,
});
const bytes = (value: unknown) => Buffer.from(JSON.stringify(value));

test('the type is guessed from the content', () => {
  assert.equal(guessMediaType(bytes(manifest())), mediaTypes.ociManifest);
  assert.equal(
    guessMediaType(bytes({ ...manifest(), config: { mediaType: mediaTypes.dockerConfig } })),
    mediaTypes.dockerManifest,
  );
  assert.equal(guessMediaType(bytes({ schemaVersion: 2, manifests: [{}] })), mediaTypes.ociIndex);
  assert.equal(guessMediaType(bytes({ schemaVersion: 1, signatures: [] })), mediaTypes.dockerSchema1Signed);
  assert.equal(guessMediaType(Buffer.from('nonsense')), '');
});

test('a manifest is parsed and keeps its layers in order', () => {
  const parsed = parseManifest(bytes(manifest()), mediaTypes.ociManifest);
  assert.equal(parsed.layers[0]?.size, 5);
  assert.equal(parsed.config.digest, digest);
});

test('ambiguous, oversized and malformed manifests are refused', () => {
  for (const bad of [
    manifest({ manifests: [{}] }),
    manifest({ Layers: [] }),
    manifest({ layers: [{ digest: '../../etc/passwd', size: 1 }] }),
    manifest({ layers: [{ digest, size: -1 }] }),
    manifest({ layers: [{ digest, size: 1.5 }] }),
    manifest({ layers: {} }),
    manifest({ config: null }),
    manifest({ layers: Array.from({ length: 10_001 }, () => ({ digest, size: 1 })) }),
    [],
    null,
  ]) {
    assert.throws(() => parseManifest(bytes(bad), mediaTypes.ociManifest), { code: 'MANIFEST_INVALID' });
  }
  assert.throws(() => parseManifest(Buffer.alloc(5 * 1024 * 1024, 32), mediaTypes.ociManifest), /maximum/);
  assert.throws(() => parseIndex(bytes(manifest()), mediaTypes.ociIndex), /ambiguous/);
});

test('an instance is chosen by platform, variants in order, none without', () => {
  const entries = [
    { platform: { os: 'linux', architecture: 'arm', variant: 'v6' }, id: 1 },
    { platform: { os: 'linux', architecture: 'arm', variant: 'v7' }, id: 2 },
    { platform: { os: 'linux', architecture: 'amd64' }, id: 3 },
    { id: 4 },
  ];
  assert.equal(chooseInstance(entries, { os: 'linux', architecture: 'arm' })?.id, 2);
  assert.equal(chooseInstance(entries, { os: 'linux', architecture: 'arm', variant: 'v6' })?.id, 1);
  assert.equal(chooseInstance(entries, { os: 'linux', architecture: 'amd64' })?.id, 3);
  assert.equal(chooseInstance(entries, { os: 'linux', architecture: 's390x' })?.id, 4);
});

test('JSON and times as Go writes them', () => {
  assert.equal(goJson({ a: '<&>\u2028\n\\b', b: [1] }), '{"a":"\\u003c\\u0026\\u003e\\u2028\\n\\\\b","b":[1]}');
  assert.equal(goTime(new Date('2024-01-02T03:04:05.120Z')), '2024-01-02T03:04:05.12Z');
  assert.equal(goTime(new Date('2024-01-02T03:04:05Z')), '2024-01-02T03:04:05Z');
});
