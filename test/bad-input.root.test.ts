/**
 * Bad input: each fault gives one clear line on stderr that says what failed and where, a non-zero exit code, and leaves
 * no half image, no stray mount and no stray process.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { must, ours, peer, type Result, run } from './support/command.ts';
import { leftovers, machineState } from './support/leaks.ts';
import { type StorePaths, storeFlags, storeIn } from './support/peers.ts';
import { type Registry, startRegistry } from './support/registry.ts';
import { makeSample, pushSample, type Sample } from './support/sample-image.ts';
import { mountsBelow, scratch } from './support/scratch.ts';

const podman = (store: StorePaths, ...args: string[]) => run(ours('podman'), [...storeFlags(store), ...args]);

/** One line, an exit code other than 0, and every one of `words` in the line. */
function assertClear(result: Result, code: number, ...words: (string | RegExp)[]): void {
  assert.equal(result.code, code, `${result.stdout}${result.stderr}`);
  const errors = result.stderr
    .split('\n')
    .filter((line) => line !== '' && !/^(Trying to pull|Getting image|Copying |Writing )/.test(line));
  assert.equal(errors.length, 1, `not one line:\n${result.stderr}`);
  for (const word of words)
    assert.match(
      errors[0] ?? '',
      word instanceof RegExp ? word : new RegExp(word.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')),
    );
}

/** The store has no image, no layer, no staged directory and no temporary file. */
async function assertEmptyStore(store: StorePaths): Promise<void> {
  if (!existsSync(store.root)) return;
  const listed = await podman(store, 'images', '-a', '-q');
  assert.equal(listed.code, 0, listed.stderr);
  assert.equal(listed.stdout, '');
  const layers = `${store.root}/overlay-layers/layers.json`;
  if (existsSync(layers)) assert.deepEqual(JSON.parse(readFileSync(layers, 'utf8') || '[]'), []);
  for (const place of ['overlay/tempdirs', 'overlay-layers/tmp', 'overlay/l']) {
    if (existsSync(`${store.root}/${place}`)) assert.deepEqual(readdirSync(`${store.root}/${place}`), [], place);
  }
  const known = new Set(['l', 'tempdirs', '.has-mount-program', 'staging']);
  if (existsSync(`${store.root}/overlay`))
    assert.deepEqual(
      readdirSync(`${store.root}/overlay`).filter((name) => !known.has(name)),
      [],
    );
  assert.deepEqual(
    readdirSync(store.root, { recursive: true, encoding: 'utf8' }).filter((path) => path.includes('.tmp-')),
    [],
  );
  assert.deepEqual(
    mountsBelow(store.root).filter((point) => point !== `${store.root}/overlay` && point !== store.root),
    [],
  );
}

async function served(
  t: TestContext,
): Promise<{ directory: string; store: StorePaths; registry: Registry; sample: Sample; image: string }> {
  const directory = scratch(t, 'bad');
  const registry = await startRegistry(t);
  const sample = await makeSample(`${directory}/sample`, { mark: directory, extraLayers: 1 });
  const image = `${registry.host}/sample:1`;
  await pushSample(sample, image);
  return { directory, store: storeIn(directory), registry, sample, image };
}

/** File of the image's first layer inside the registry. */
function blobFile(registry: Registry, sample: Sample, layer = 0): string {
  const manifest = JSON.parse(
    readFileSync(`${sample.layout.split(':')[0]}/blobs/sha256/${sample.manifestDigest.slice(7)}`, 'utf8'),
  );
  const hex = manifest.layers[layer].digest.slice(7);
  return `${registry.storage}/docker/registry/v2/blobs/sha256/${hex.slice(0, 2)}/${hex}/data`;
}

test('a wrong reference', async (t) => {
  const store = storeIn(scratch(t, 'bad'));
  assertClear(await podman(store, 'pull', 'localhost/UPPER:1'), 125, /invalid reference|must be lowercase/);
  assertClear(await podman(store, 'run', '--rm', '--network', 'none', 'no/such/../thing'), 125, 'invalid reference');
  assertClear(await run(ours('skopeo'), ['inspect', 'nonsense']), 1, 'nonsense', 'transport');
  assertClear(
    await run(ours('skopeo'), ['copy', 'docker:missing-slashes', `dir:${store.root}.out`]),
    1,
    'missing-slashes',
  );
  assert.ok(!existsSync(`${store.root}.out`));
});

test('an unreachable registry', async (t) => {
  const store = storeIn(scratch(t, 'bad'));
  assertClear(
    await podman(store, 'pull', '--retry', '0', '--tls-verify=false', '127.0.0.1:9/sample:1'),
    125,
    '127.0.0.1:9',
    /refused/,
  );
  await assertEmptyStore(store);
});

test('a registry that wants a password (401)', async (t) => {
  const store = storeIn(scratch(t, 'bad'));
  const registry = await startRegistry(t, { basic: { username: 'user', password: 'secret' } });
  assertClear(
    await podman(store, 'pull', '--tls-verify=false', `${registry.host}/sample:1`),
    125,
    registry.host,
    /unauthorized|authentication required/,
  );
  assertClear(
    await podman(store, 'pull', '--tls-verify=false', '--creds', 'user:wrong', `${registry.host}/sample:1`),
    125,
    registry.host,
    /unauthorized|authentication required|invalid username/,
  );
  await assertEmptyStore(store);
});

test('an image that is not there', async (t) => {
  const { store, registry } = await served(t);
  assertClear(
    await podman(store, 'pull', '--tls-verify=false', `${registry.host}/sample:none`),
    125,
    `${registry.host}/sample`,
    /manifest unknown/,
  );
  assertClear(
    await run(ours('skopeo'), ['inspect', '--tls-verify=false', `docker://${registry.host}/sample:none`]),
    2,
    `${registry.host}/sample`,
  );
  await assertEmptyStore(store);
});

test('a blob whose bytes do not have its digest', async (t) => {
  const { store, registry, sample, image } = await served(t);
  const file = blobFile(registry, sample);
  const bytes = readFileSync(file);
  // Inside the gzip header's time stamp: it still inflates to the same tar.
  bytes[5] = (bytes[5] ?? 0) ^ 0xff;
  writeFileSync(file, bytes);
  assertClear(await podman(store, 'pull', '--tls-verify=false', image), 125, /digest/i, 'sha256:');
  await assertEmptyStore(store);
  const out = `${store.root}.oci`;
  assertClear(
    await run(ours('skopeo'), [
      '--insecure-policy',
      'copy',
      '-q',
      '--src-tls-verify=false',
      `docker://${image}`,
      `oci:${out}:1`,
    ]),
    1,
    /digest/i,
  );
  assert.ok(!existsSync(`${out}/index.json`));
});

test('a blob that ends early', async (t) => {
  const { store, registry, sample, image } = await served(t);
  truncateSync(blobFile(registry, sample), 1000);
  assertClear(await podman(store, 'pull', '--retry', '0', '--tls-verify=false', image), 125, registry.host);
  await assertEmptyStore(store);
});

test('a full disk', async (t) => {
  const { directory, store, image } = await served(t);
  mkdirSync(store.root);
  await must('mount', ['-t', 'tmpfs', '-o', 'size=1500k', 'tmpfs', store.root]);
  assertClear(await podman(store, 'pull', '--tls-verify=false', image), 125, /no space left/i, store.root);
  await assertEmptyStore(store);
  // The disk grows: the same pull works without any repair.
  await must('mount', ['-o', 'remount,size=100m', store.root]);
  const again = await podman(store, 'pull', '-q', '--tls-verify=false', image);
  assert.equal(again.code, 0, again.stderr);
  assert.ok(directory);
});

test('a pull that is killed', async (t) => {
  const { store, image, directory } = await served(t);
  const before = machineState();
  for (const delay of [40, 80, 120, 160, 200, 260]) {
    const child = spawn(ours('podman'), [...storeFlags(store), 'pull', '-q', '--tls-verify=false', image], {
      stdio: 'ignore',
    });
    const ended = new Promise((resolve) => child.once('exit', resolve));
    await new Promise((resolve) => setTimeout(resolve, delay));
    child.kill('SIGKILL');
    await ended;
    const listed = await podman(store, 'images', '-q');
    assert.equal(listed.code, 0, listed.stderr);
    const theirs = await run(peer('podman'), [...storeFlags(store), 'images', '-q']);
    assert.equal(theirs.code, 0, theirs.stderr);
    await podman(store, 'rmi', '-f', image);
    await assertEmptyStore(store);
  }
  assert.deepEqual(
    await leftovers(before, `${directory}/`),
    [`mount ${store.root}/overlay`].filter((mount) => mountsBelow(store.root).includes(mount.slice(6))),
  );
  const again = await podman(store, 'pull', '-q', '--tls-verify=false', image);
  assert.equal(again.code, 0, again.stderr);
});

test('a pull that is interrupted ends at once and leaves nothing', async (t) => {
  const { store, image } = await served(t);
  const child = spawn(ours('podman'), [...storeFlags(store), 'pull', '-q', '--tls-verify=false', image], {
    stdio: 'ignore',
  });
  const ended = new Promise<number | null>((resolve) =>
    child.once('exit', (code, signal) => resolve(signal ? 130 : code)),
  );
  await new Promise((resolve) => setTimeout(resolve, 60));
  child.kill('SIGINT');
  const code = await ended;
  assert.ok(code === 130 || code === 125 || code === 0, `${code}`);
  if (code !== 0) await assertEmptyStore(store);
});
