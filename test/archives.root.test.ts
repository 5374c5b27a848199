/** docker-archive: and oci-archive: beside the distribution's tools, and podman save and load. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { must, ours, peer, type RunOptions, run } from './support/command.ts';
import { storeFlags, storeIn } from './support/peers.ts';
import { makeSample } from './support/sample-image.ts';
import { scratch } from './support/scratch.ts';

const skopeo = (command: string, ...args: string[]) => must(command, ['--insecure-policy', ...args]);

async function setUp(t: TestContext) {
  const directory = scratch(t, 'archives');
  const { layout } = await makeSample(`${directory}/image`, { extraLayers: 2 });
  const podmanOf = (command: string, name: string) => {
    const store = storeIn(`${directory}/${name}`);
    return (args: readonly string[], options?: RunOptions) =>
      run(command, [...storeFlags(store), ...args], { timeout: 60_000, ...options });
  };
  return { directory, layout, podman: podmanOf(ours('podman'), 'ours'), theirs: podmanOf(peer('podman'), 'theirs') };
}

test('docker-archive: the same bytes as the peer writes, and read the same', async (t) => {
  const { directory, layout } = await setUp(t);
  for (const [command, name] of [
    [ours('skopeo'), 'ours'],
    [peer('skopeo'), 'theirs'],
  ] as const)
    await skopeo(command, 'copy', '-q', `oci:${layout}`, `docker-archive:${directory}/${name}.tar:foo/bar:1`);
  assert.ok(readFileSync(`${directory}/ours.tar`).equals(readFileSync(`${directory}/theirs.tar`)));
  writeFileSync(`${directory}/theirs.tar.gz`, gzipSync(readFileSync(`${directory}/theirs.tar`)));
  const inspect = (command: string, image: string) => skopeo(command, 'inspect', '--raw', image);
  const wanted = await inspect(peer('skopeo'), `docker-archive:${directory}/ours.tar`);
  for (const rest of ['.tar', '.tar:foo/bar:1', '.tar:@0', '.tar.gz'])
    assert.equal(await inspect(ours('skopeo'), `docker-archive:${directory}/theirs${rest}`), wanted, rest);
  assert.deepEqual(JSON.parse(await skopeo(ours('skopeo'), 'list-tags', `docker-archive:${directory}/ours.tar`)), {
    Tags: ['docker.io/foo/bar:1'],
  });
  assert.deepEqual(
    readdirSync(directory).filter((name) => name.startsWith('.')),
    [],
  );
});

test('docker-archive: what is refused', async (t) => {
  const { directory, layout } = await setUp(t);
  const archive = `${directory}/a.tar`;
  await skopeo(ours('skopeo'), 'copy', '-q', `oci:${layout}`, `docker-archive:${archive}:a:1`);
  writeFileSync(`${directory}/no.tar`, 'this is no archive, but a text that is long enough for a header '.repeat(20));
  writeFileSync(`${directory}/short.tar`, readFileSync(archive).subarray(0, 100_000));
  execFileSync('tar', ['-cf', `${directory}/empty.tar`, '-C', directory, 'no.tar']);
  let count = 0;
  const manifest = (text: string) => {
    const path = `${directory}/evil-${++count}.tar`;
    writeFileSync(`${directory}/manifest.json`, text);
    execFileSync('tar', ['-cf', path, '-C', directory, 'manifest.json']);
    return path;
  };
  for (const [image, message] of [
    [`${archive}:b:1`, /Tag .*docker.io\/library\/b:1.* not found/],
    [`${archive}:@5`, /Invalid source index @5, only 1 manifest items available/],
    [`${archive}:a@sha256:${'0'.repeat(64)}`, /doesn't support digest references/],
    [`${directory}/none.tar`, /archive file not found/],
    [`${directory}/no.tar`, /tar header/],
    [`${directory}/short.tar`, /ends within/],
    [`${directory}/empty.tar`, /has no .*manifest.json/],
    [manifest('{}'), /an array is wanted/],
    [manifest('[{"Config":"../../etc/passwd","Layers":[]}]'), /has no .*etc\/passwd/],
    [manifest('[{"Config":"manifest.json","Layers":["x"]}]'), /Inconsistent layer count/],
    [manifest(`[${'{"Config":"a","Layers":[]},'.repeat(60_000)}{}]`), /exceeds the maximum/],
  ] as const) {
    const result = await run(ours('skopeo'), ['--insecure-policy', 'inspect', '--raw', `docker-archive:${image}`]);
    assert.ok(result.code === 1 || result.code === 2, image);
    assert.match(result.stderr, message);
  }
  const again = await run(ours('skopeo'), [
    '--insecure-policy',
    'copy',
    `oci:${layout}`,
    `docker-archive:${archive}:b:1`,
  ]);
  assert.match(again.stderr, /docker-archive doesn't support modifying existing images/);
  const failed = await run(ours('skopeo'), [
    '--insecure-policy',
    'copy',
    'oci:/nonexistent',
    `docker-archive:${directory}/n.tar`,
  ]);
  assert.notEqual(failed.code, 0);
  assert.equal(existsSync(`${directory}/n.tar`), false);
});

test('docker-archive: names, sizes and links in extended headers', async (t) => {
  const { directory, layout } = await setUp(t);
  await skopeo(ours('skopeo'), 'copy', '-q', `oci:${layout}`, `docker-archive:${directory}/a.tar:a:1`);
  const wanted = await skopeo(peer('skopeo'), 'inspect', '--raw', `docker-archive:${directory}/a.tar`);
  execFileSync('tar', ['-xf', `${directory}/a.tar`, '-C', directory, '--one-top-level=members']);
  const long = `members/${'l'.repeat(120)}.tar`;
  const manifest = JSON.parse(readFileSync(`${directory}/members/manifest.json`, 'utf8'));
  execFileSync('mv', [`${directory}/members/${manifest[0].Layers[1]}`, `${directory}/${long}`]);
  manifest[0].Layers[1] = long.slice('members/'.length);
  writeFileSync(`${directory}/members/new.json`, JSON.stringify(manifest));
  execFileSync('mv', ['-f', `${directory}/members/new.json`, `${directory}/members/manifest.json`]);
  for (const format of ['gnu', 'posix']) {
    const archive = `${directory}/${format}.tar`;
    execFileSync(
      'tar',
      [
        '-cf',
        archive,
        `--format=${format}`,
        '--pax-option=globexthdr.name=g',
        '-C',
        `${directory}/members`,
        '.',
      ].filter((word) => format === 'posix' || !word.startsWith('--pax')),
    );
    assert.equal(await skopeo(ours('skopeo'), 'inspect', '--raw', `docker-archive:${archive}`), wanted, format);
  }
});

test('oci-archive: both directions, the same digests', async (t) => {
  const { directory, layout } = await setUp(t);
  const digest = async (command: string, image: string) =>
    (await skopeo(command, 'inspect', '--format', '{{.Digest}}', image)).trim();
  const wanted = await digest(peer('skopeo'), `oci:${layout}`);
  await skopeo(ours('skopeo'), 'copy', '-q', `oci:${layout}`, `oci-archive:${directory}/ours.tar:name:1`);
  await skopeo(peer('skopeo'), 'copy', '-q', `oci:${layout}`, `oci-archive:${directory}/theirs.tar:name:1`);
  assert.equal(await digest(peer('skopeo'), `oci-archive:${directory}/ours.tar:name:1`), wanted);
  assert.equal(await digest(ours('skopeo'), `oci-archive:${directory}/theirs.tar`), wanted);
  await skopeo(ours('skopeo'), 'copy', '-q', `oci-archive:${directory}/theirs.tar:name:1`, `dir:${directory}/dir`);
  const missing = await run(ours('skopeo'), ['inspect', `oci-archive:${directory}/theirs.tar:other`]);
  assert.match(missing.stderr, /no descriptor found for reference/);
});

test('podman save and load: every format, several images and names, pipes', async (t) => {
  const { directory, layout, podman, theirs } = await setUp(t);
  const good = async (result: ReturnType<typeof podman>) => {
    const { code, stdout, stderr } = await result;
    assert.equal(code, 0, stderr);
    return stdout;
  };
  await skopeo(ours('skopeo'), 'copy', '-q', `oci:${layout}`, `docker-archive:${directory}/in.tar:foo/bar:1`);
  assert.equal(await good(podman(['load', '-q', '-i', `${directory}/in.tar`])), 'Loaded image: docker.io/foo/bar:1\n');
  await good(podman(['tag', 'foo/bar:1', 'a:1']));
  await good(podman(['save', '-q', '-o', `${directory}/names.tar`, 'a:1', 'b:2']));
  assert.equal(
    await good(theirs(['load', '-q', '-i', `${directory}/names.tar`])),
    'Loaded image: localhost/a:1\nLoaded image: localhost/b:2\n',
  );
  for (const format of ['docker-archive', 'oci-archive', 'oci-dir', 'docker-dir']) {
    const path = `${directory}/${format}`;
    await good(podman(['save', '-q', '--format', format, '-o', path, 'a:1']));
    // The peer makes a name of the folder's path, which has capitals.
    if (format !== 'oci-dir') await good(theirs(['load', '-q', '-i', path]));
    await good(podman(['load', '-q', '-i', path]));
  }
  const archive = execFileSync(ours('podman'), [...storeFlags(storeIn(`${directory}/ours`)), 'save', '-q', 'a:1'], {
    maxBuffer: 1 << 28,
  });
  assert.equal(await good(podman(['load', '-q'], { input: gzipSync(archive) })), 'Loaded image: localhost/a:1\n');
  await good(podman(['save', '-q', '-m', '-o', `${directory}/many.tar`, 'a:1', 'foo/bar:1']));
  assert.equal(
    await good(theirs(['load', '-q', '-i', `${directory}/many.tar`])),
    'Loaded image: localhost/a:1\nLoaded image: docker.io/foo/bar:1\n',
  );
  const kept = readFileSync(`${directory}/many.tar`);
  for (const images of [['a:1'], ['-m', 'a:1', 'nosuch:1']]) {
    const refused = await podman(['save', '-q', '-o', `${directory}/many.tar`, ...images]);
    assert.equal(refused.code, 125);
    assert.match(refused.stderr, /doesn't support modifying existing images|nosuch/);
    assert.ok(readFileSync(`${directory}/many.tar`).equals(kept));
  }
  const wrong = await podman(['load', '-i', '/etc/passwd']);
  assert.equal(wrong.code, 125);
  assert.match(wrong.stderr, /payload does not match any of the supported image formats/);
});
