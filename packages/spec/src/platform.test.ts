import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chooseInstance, describeWanted } from './platform.ts';

const entry = (architecture: string, variant?: string, annotations?: Record<string, string>) => ({
  name: [architecture, variant, annotations ? 'zstd' : ''].filter(Boolean).join(' '),
  platform: { os: 'linux', architecture, ...(variant ? { variant } : {}) },
  ...(annotations ? { annotations } : {}),
});
const zstd = { 'io.github.containers.compression.zstd': 'true' };
const linux = { os: 'linux' };

test('variants: the wanted one, then older ones, then none', () => {
  const entries = [entry('arm'), entry('arm', 'v5'), entry('arm', 'v6'), entry('arm', 'v7')];
  const name = (variant?: string) =>
    chooseInstance(entries, { ...linux, architecture: 'arm', ...(variant ? { variant } : {}) })?.name;
  assert.equal(name('v7'), 'arm v7');
  assert.equal(name('v8'), 'arm v7');
  assert.equal(name('v6'), 'arm v6');
  assert.equal(name(), 'arm', 'nobody asked for one');
  assert.equal(chooseInstance([entry('arm64', 'v8')], { ...linux, architecture: 'arm64' })?.name, 'arm64 v8');
  assert.equal(chooseInstance([entry('amd64', 'v3')], { ...linux, architecture: 'amd64' }), undefined);
});

test('of equal images the one compressed by zstd, of others the first', () => {
  const entries = [entry('amd64'), entry('amd64', undefined, zstd), entry('arm64', undefined, zstd)];
  assert.equal(chooseInstance(entries, { ...linux, architecture: 'amd64' })?.name, 'amd64 zstd');
  assert.equal(chooseInstance([entry('amd64'), entry('amd64')], { ...linux, architecture: 'amd64' })?.name, 'amd64');
});

test('an entry without a platform serves where no other does', () => {
  const anywhere: { readonly name: string; readonly platform?: never } = { name: 'anywhere' };
  assert.equal(chooseInstance([anywhere, entry('amd64')], { ...linux, architecture: 'amd64' })?.name, 'amd64');
  assert.equal(chooseInstance([anywhere, entry('amd64')], { ...linux, architecture: 's390x' })?.name, 'anywhere');
  assert.equal(chooseInstance([entry('amd64')], { os: 'windows', architecture: 'amd64' }), undefined);
});

test('what was wanted, in words', () => {
  assert.equal(
    describeWanted({ os: 'linux', architecture: 'arm64', variant: 'v8' }),
    'architecture "arm64", variant "v8", OS "linux"',
  );
});
