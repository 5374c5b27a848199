/** skopeo sync, manifest-digest and layers beside the distribution's. */
import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { must, peer } from './support/command.ts';
import { type Registry, startRegistry } from './support/registry.ts';
import { makeSample, pushSample, type Sample } from './support/sample-image.ts';
import { scratch } from './support/scratch.ts';
import { peerSkopeo, skopeo } from './support/skopeo.ts';

const cleaners: (() => Promise<void> | void)[] = [];
const context = { after: (action: () => Promise<void> | void) => void cleaners.unshift(action) };
const directory = scratch(context, 'skopeo-sync');
let registry: Registry;
let sample: Sample;

before(async () => {
  registry = await startRegistry(context as never);
  sample = await makeSample(`${directory}/sample`);
  for (const tag of ['1.0', '1.1', 'edge']) await pushSample(sample, `${registry.host}/ns/tiny:${tag}`);
});
after(async () => {
  for (const clean of cleaners) await clean();
});

let count = 0;
const files = (path: string) => readdirSync(path, { recursive: true, encoding: 'utf8' }).sort();

/** Both into places of their own; `PLACE` in the arguments stands for it. */
async function both(args: readonly string[]) {
  const places = { ours: `${directory}/ours-${++count}`, theirs: `${directory}/theirs-${count}` };
  const placed = (place: string) => ['sync', ...args.map((arg) => arg.replaceAll('PLACE', place))];
  const [ours, theirs] = await Promise.all([skopeo(placed(places.ours)), peerSkopeo(placed(places.theirs))]);
  return { ours, theirs, places };
}

for (const flags of [[], ['--scoped'], ['--all'], ['--dry-run']]) {
  test(`every tag of a repository into folders ${flags.join(' ')}`, async () => {
    const { ours, theirs, places } = await both([
      '--src',
      'docker',
      '--dest',
      'dir',
      '--src-tls-verify=false',
      ...flags,
      `${registry.host}/ns/tiny`,
      'PLACE',
    ]);
    assert.deepEqual([ours.code, theirs.code], [0, 0], ours.stderr);
    assert.deepEqual(files(places.ours), files(places.theirs));
    const lines = (text: string, place: string) =>
      text
        .replaceAll(place, 'PLACE')
        .replace(/^time="[^"]*" /gm, '')
        .split('\n')
        .filter((line) => !/image ref|blob|config/.test(line))
        .sort();
    assert.deepEqual(lines(ours.stderr, places.ours), lines(theirs.stderr, places.theirs));
    const again = await skopeo([
      'sync',
      '-s',
      'docker',
      '-d',
      'dir',
      '--src-tls-verify=false',
      ...flags,
      `${registry.host}/ns/tiny`,
      places.ours,
    ]);
    assert.equal(again.code, 1);
    assert.match(again.stderr, /Refusing to overwrite destination directory/);
  });
}

test('what a file names: tags, an expression, versions; what is wrong in it is told and left out', async () => {
  const file = `${directory}/sync.yaml`;
  writeFileSync(
    file,
    `${registry.host}:
  tls-verify: false
  images:
    ns/tiny: ["1.0"]
    ns/absent: []
  images-by-tag-regex:
    ns/tiny: ^ed
  images-by-semver:
    ns/tiny: ">= 1.1"
    ns/other: nonsense
`,
  );
  const place = `${directory}/yaml`;
  const synced = await skopeo(['sync', '--src', 'yaml', '--dest', 'dir', file, place]);
  assert.equal(synced.code, 0, synced.stderr);
  assert.deepEqual(readdirSync(place).sort(), ['tiny:1.0', 'tiny:1.1', 'tiny:edge']);
  assert.match(synced.stderr, /Synced 3 images from 3 sources/);
  assert.equal(synced.stderr.match(/level=error/g)?.length, 2);
});

test('folders into a registry, with digests told, and nothing sent twice', async () => {
  const place = `${directory}/folders`;
  mkdirSync(`${place}/deep`, { recursive: true });
  for (const name of ['one', 'deep/two'])
    assert.equal((await peerSkopeo(['copy', `oci:${sample.layout}`, `dir:${place}/${name}`])).code, 0);
  const args = ['--src', 'dir', '--dest', 'docker', '--dest-tls-verify=false', '--append-suffix', '-x'];
  const digests = `${directory}/digests`;
  const synced = await skopeo(['sync', ...args, '--digestfile', digests, place, `${registry.host}/pushed`]);
  assert.equal(synced.code, 0, synced.stderr);
  const names = ['deep/two-x', 'one-x'].map((name) => `docker://${registry.host}/pushed/${name}:latest`);
  assert.equal(readFileSync(digests, 'utf8'), names.map((name) => `${sample.manifestDigest} ${name}\n`).join(''));
  for (const name of names) {
    const raw = await must(peer('skopeo'), ['inspect', '--tls-verify=false', '--format', '{{.Digest}}', name]);
    assert.equal(raw, sample.manifestDigest);
  }
  const again = await skopeo(['sync', ...args, place, `${registry.host}/pushed`]);
  assert.equal(again.stdout.match(/Skipping: image already present at destination/g)?.length, 2);
});

test('one image that fails ends all, or is left out on demand', async () => {
  const place = `${directory}/failing`;
  mkdirSync(`${place}/a`, { recursive: true });
  writeFileSync(`${place}/a/manifest.json`, '{"schemaVersion":2}');
  assert.equal((await peerSkopeo(['copy', `oci:${sample.layout}`, `dir:${place}/b`])).code, 0);
  const args = ['--src', 'dir', '--dest', 'docker', '--dest-tls-verify=false', place, `${registry.host}/partly`];
  const ended = await skopeo(['sync', ...args]);
  assert.equal(ended.code, 1);
  assert.match(ended.stderr, /Error copying ref/);
  assert.doesNotMatch(ended.stderr, /partly\/b/);
  const going = await skopeo(['sync', '--keep-going', ...args]);
  assert.equal(going.code, 1);
  assert.match(going.stderr, /Sync failed due to previous reported error\(s\) for one or more images/);
  assert.equal(
    (await skopeo(['inspect', '--raw', '--tls-verify=false', `docker://${registry.host}/partly/b`])).code,
    0,
  );
});

test('requests that make no sense, in the same words', async () => {
  for (const args of [
    ['a', 'b'],
    ['--src', 'docker', 'a', 'b'],
    ['--src', 'docker', '--dest', 'x', 'a', 'b'],
    ['--src', 'x', '--dest', 'docker', 'a', 'b'],
    ['--src', 'dir', '--dest', 'dir', 'a', 'b'],
  ]) {
    const { ours, theirs } = await both(args);
    const text = (line: string) => line.replace(/^time="[^"]*" /, '');
    assert.deepEqual([ours.code, text(ours.stderr)], [1, text(theirs.stderr)]);
  }
});

test('manifest-digest knows every format', async () => {
  for (const format of ['oci', 'v2s2', 'v2s1']) {
    const place = `${directory}/digest-${format}`;
    assert.equal((await peerSkopeo(['copy', '--format', format, `oci:${sample.layout}`, `dir:${place}`])).code, 0);
    const args = ['manifest-digest', `${place}/manifest.json`];
    const [ours, theirs] = await Promise.all([skopeo(args), peerSkopeo(args)]);
    assert.equal(ours.stdout.trim(), theirs.stdout.trim());
  }
  assert.match((await skopeo(['manifest-digest'])).stderr, /Usage: skopeo manifest-digest manifest/);
});

test('layers puts the layers of an image into a folder', async () => {
  const place = `${directory}/layers`;
  mkdirSync(place);
  const named = await skopeo(['layers', `oci:${sample.layout}`], { cwd: place });
  assert.equal(named.code, 0, named.stderr);
  assert.match(named.stderr, /^DEPRECATED/);
  const [folder = ''] = readdirSync(place);
  assert.match(folder, /^layers-/);
  assert.equal(files(`${place}/${folder}`).length, 3, 'layer, manifest, version');
  rmSync(place, { recursive: true });
});
