/** skopeo copy and inspect beside the distribution's: the same manifests, configurations, answers and exit statuses. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import { type Registry, startRegistry } from './support/registry.ts';
import { makeSample, pushSample, type Sample } from './support/sample-image.ts';
import { makeArtifact, makeIndex, type SampleIndex } from './support/sample-index.ts';
import { scratch } from './support/scratch.ts';
import { peerSkopeo, skopeo } from './support/skopeo.ts';

const cleaners: (() => Promise<void> | void)[] = [];
const context = { after: (action: () => Promise<void> | void) => void cleaners.unshift(action) };
const directory = scratch(context, 'skopeo-copy');
let sample: Sample;
let plain: Sample;
let index: SampleIndex;
let registry: Registry;

before(async () => {
  sample = await makeSample(`${directory}/sample`, { extraLayers: 1 });
  plain = await makeSample(`${directory}/plain`, { compression: 'none', mark: 'plain' });
  index = await makeIndex(`${directory}/index`);
  registry = await startRegistry(context as never);
  await pushSample(sample, `${registry.host}/sample:1`);
});
after(async () => {
  for (const clean of cleaners) await clean();
});

let count = 0;

/** A place for each side; `PLACE` in the arguments stands for it. */
async function both(args: readonly string[]) {
  const run = ++count;
  const sides = { ours: `${directory}/ours-${run}`, theirs: `${directory}/theirs-${run}` };
  const placed = (place: string) => args.map((arg) => arg.replaceAll('PLACE', place));
  const [ours, theirs] = await Promise.all([skopeo(placed(sides.ours)), peerSkopeo(placed(sides.theirs))]);
  return { ours, theirs, sides };
}

const files = (path: string) => readdirSync(path, { recursive: true, encoding: 'utf8' }).sort();
const withoutTime = (text: string) => text.replace(/^time="[^"]*" /gm, '');

describe('what is written to a folder is byte for byte the same', () => {
  const cases: Readonly<Record<string, readonly string[]>> = {
    'as it is': [],
    'as Docker schema 2': ['--format', 'v2s2'],
    'as OCI': ['--format', 'oci'],
    'without compression': ['--dest-decompress'],
    'with a format that only new layers get': ['--dest-compress-format', 'zstd'],
    'with digests preserved': ['--preserve-digests'],
  };
  for (const [title, flags] of Object.entries(cases)) {
    test(title, async () => {
      for (const source of [sample, plain]) {
        const { ours, theirs, sides } = await both(['copy', ...flags, `oci:${source.layout}`, 'dir:PLACE']);
        assert.deepEqual([ours.code, ours.stderr], [theirs.code, theirs.stderr]);
        assert.deepEqual(files(sides.ours), files(sides.theirs));
        for (const file of files(sides.ours))
          assert.ok(readFileSync(`${sides.ours}/${file}`).equals(readFileSync(`${sides.theirs}/${file}`)), file);
      }
    });
  }

  test('an image of Docker schema 2 becomes an OCI one', async () => {
    const docker = `${directory}/docker`;
    assert.equal((await peerSkopeo(['copy', '--format', 'v2s2', `oci:${sample.layout}`, `dir:${docker}`])).code, 0);
    const { sides } = await both(['copy', '--format', 'oci', `dir:${docker}`, 'dir:PLACE']);
    assert.deepEqual(files(sides.ours), files(sides.theirs));
  });

  test('an artifact, and a whole list', async () => {
    const artifact = makeArtifact(`${directory}/artifact`);
    for (const args of [
      ['copy', `oci:${artifact.layout}`, 'dir:PLACE'],
      ['copy', '--all', `oci:${index.layout}`, 'dir:PLACE'],
    ]) {
      const { ours, theirs, sides } = await both(args);
      assert.deepEqual([ours.code, theirs.code], [0, 0], ours.stderr);
      assert.deepEqual(files(sides.ours), files(sides.theirs));
      assert.ok(readFileSync(`${sides.ours}/manifest.json`).equals(readFileSync(`${sides.theirs}/manifest.json`)));
    }
  });

  test('a list in Docker’s format', async () => {
    const { ours, sides } = await both(['copy', '--all', '--format', 'v2s2', `oci:${index.layout}`, 'dir:PLACE']);
    assert.equal(ours.code, 0, ours.stderr);
    const [mine, theirs] = [sides.ours, sides.theirs].map((path) =>
      JSON.parse(readFileSync(`${path}/manifest.json`, 'utf8')),
    );
    assert.deepEqual(mine, theirs);
  });
});

test('schema 1: the same text, signed by a key made for it, and back to schema 2 with the same configuration', async () => {
  const { ours, theirs, sides } = await both(['copy', '--format', 'v2s1', `oci:${sample.layout}`, 'dir:PLACE']);
  assert.deepEqual([ours.code, theirs.code], [0, 0], ours.stderr);
  const [mine, other] = [sides.ours, sides.theirs].map((path) => {
    const { signatures: _signatures, ...payload } = JSON.parse(readFileSync(`${path}/manifest.json`, 'utf8'));
    return payload;
  });
  assert.deepEqual(mine, other);
  const back = await both(['copy', '--format', 'v2s2', `dir:${sides.ours}`, 'dir:PLACE']);
  assert.deepEqual([back.ours.code, back.theirs.code], [0, 0], back.ours.stderr);
  assert.deepEqual(files(back.sides.ours), files(back.sides.theirs));
});

test('layers are compressed for registries and layouts, with the content they had', async () => {
  const { ours, sides } = await both(['copy', `oci:${plain.layout}`, 'oci:PLACE:x']);
  assert.equal(ours.code, 0, ours.stderr);
  const [mine, theirs] = [layersOf(sides.ours), layersOf(sides.theirs)];
  assert.deepEqual(
    mine.map(({ mediaType }) => mediaType),
    theirs.map(({ mediaType }) => mediaType),
  );
  for (const [n, { bytes }] of mine.entries())
    assert.equal(digestOf(gunzipSync(bytes)), plain.diffIds[n], 'the diff id is the one it was');
});

test('layers are compressed anew on demand', async () => {
  const { ours, sides } = await both(['copy', '--dest-compress-format', 'zstd', `oci:${sample.layout}`, 'oci:PLACE:x']);
  assert.equal(ours.code, 0, ours.stderr);
  const layers = layersOf(sides.ours);
  assert.deepEqual(
    layers.map(({ mediaType }) => mediaType),
    layersOf(sides.theirs).map(({ mediaType }) => mediaType),
  );
  for (const [n, { bytes }] of layers.entries()) assert.equal(digestOf(zstdDecompressSync(bytes)), sample.diffIds[n]);
  const impossible = await both([
    'copy',
    '--dest-compress-format',
    'zstd',
    '--format',
    'v2s2',
    `oci:${sample.layout}`,
    'dir:PLACE',
  ]);
  assert.equal(impossible.ours.code, 1);
  assert.match(impossible.ours.stderr, /compression using zstd/);
});

const digestOf = (bytes: Uint8Array) => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

interface StoredLayer {
  readonly mediaType: string;
  readonly bytes: Buffer;
}

function layersOf(layout: string): StoredLayer[] {
  const blob = (digest: string) => readFileSync(`${layout}/blobs/sha256/${digest.slice(7)}`);
  const [entry] = JSON.parse(readFileSync(`${layout}/index.json`, 'utf8')).manifests;
  const { layers } = JSON.parse(blob(entry.digest).toString());
  return layers.map(({ mediaType, digest }: { mediaType: string; digest: string }) => ({
    mediaType,
    bytes: blob(digest),
  }));
}

test('one platform of a list, and a platform that it hasn’t got', async () => {
  const arm = await both(['--override-arch', 'arm64', 'copy', `oci:${index.layout}`, 'dir:PLACE']);
  assert.equal(arm.ours.code, 0, arm.ours.stderr);
  assert.equal(digestOf(readFileSync(`${arm.sides.ours}/manifest.json`)), index.manifests['arm64/v8']);
  assert.deepEqual(files(arm.sides.ours), files(arm.sides.theirs));
  const none = await both(['--override-arch', 's390x', 'copy', `oci:${index.layout}`, 'dir:PLACE']);
  assert.match(
    none.ours.stderr,
    /no image found in image index for architecture \\"s390x\\", variant \\"\\", OS \\"linux\\"/,
  );
  assert.notEqual(none.ours.code, 0);
  assert.ok(!existsSync(`${none.sides.ours}/manifest.json`));
});

test('a list without its images, as golden from skopeo 1.22', async () => {
  const place = `${directory}/index-only`;
  const copied = await skopeo(['copy', '--multi-arch', 'index-only', `oci:${index.layout}`, `dir:${place}`]);
  assert.equal(copied.code, 0, copied.stderr);
  assert.equal(digestOf(readFileSync(`${place}/manifest.json`)), index.digest);
  assert.deepEqual(files(place), ['manifest.json', 'version']);
  assert.equal(
    copied.stdout,
    'Getting image list signatures\nCopying 0 images generated from 3 images in list\nWriting manifest list to image destination\nStoring list signatures\n',
  );
});

test('some platforms of a list, which may then name no others', async () => {
  const place = `${directory}/some`;
  const platforms = ['copy', '--multi-arch', 'linux/amd64,linux/arm'];
  const sparse = await skopeo([...platforms, `oci:${index.layout}`, `dir:${place}`]);
  assert.equal(sparse.code, 0, sparse.stderr);
  assert.equal(digestOf(readFileSync(`${place}/manifest.json`)), index.digest, 'the list is as it was');
  const manifests = ['amd64', 'arm/v7'].map((name) => `${index.manifests[name]?.slice(7)}.manifest.json`);
  assert.deepEqual(
    files(place).filter((name) => name.endsWith('.manifest.json')),
    manifests.sort(),
  );
  const stripped = await skopeo([...platforms, '--strip-removed-platforms', `oci:${index.layout}`, `dir:${place}`]);
  assert.equal(stripped.code, 0, stripped.stderr);
  const list = JSON.parse(readFileSync(`${place}/manifest.json`, 'utf8'));
  assert.deepEqual(
    list.manifests.map(({ platform }: { platform: { architecture: string } }) => platform.architecture),
    ['amd64', 'arm'],
  );
  assert.deepEqual(list.annotations, { made: 'by hand' });
  const absent = await skopeo(['copy', '--multi-arch', 'linux/s390x', `oci:${index.layout}`, `dir:${place}`]);
  assert.match(absent.stderr, /no instances found for platform linux\/s390x/);
});

test('what is said on the way is upstream’s', async () => {
  const { ours, theirs } = await both(['copy', `oci:${sample.layout}`, 'dir:PLACE']);
  // Since 1.10 nothing is said about signatures where there are none.
  const sorted = (text: string) =>
    text
      .split('\n')
      .filter((line) => line !== 'Storing signatures')
      .sort();
  assert.deepEqual(sorted(ours.stdout), sorted(theirs.stdout));
  const quiet = await both(['copy', '--quiet', `oci:${sample.layout}`, 'dir:PLACE']);
  assert.deepEqual([quiet.ours.stdout, quiet.theirs.stdout], ['', '']);
});

test('the digest file holds the digest at the destination', async () => {
  const { ours, sides } = await both([
    'copy',
    '--format',
    'v2s2',
    '--digestfile',
    'PLACE.digest',
    `oci:${sample.layout}`,
    'dir:PLACE',
  ]);
  assert.equal(ours.code, 0, ours.stderr);
  assert.equal(readFileSync(`${sides.ours}.digest`, 'utf8'), readFileSync(`${sides.theirs}.digest`, 'utf8'));
});

describe('wrong requests fail as the distribution’s do', () => {
  const cases: readonly (readonly string[])[] = [
    ['copy', 'busybox', 'dir:PLACE'],
    ['copy', 'nope:b', 'dir:PLACE'],
    ['copy', 'docker:busybox', 'dir:PLACE'],
    ['copy', 'docker://UPPER/x', 'dir:PLACE'],
    ['copy', '--format', 'v3', 'dir:/nowhere', 'dir:PLACE'],
    ['copy', '--dest-compress', '--dest-decompress', 'dir:/nowhere', 'dir:PLACE'],
    ['inspect', 'dir:/nowhere'],
  ];
  for (const args of cases) {
    test(args.join(' '), async () => {
      const { ours, theirs } = await both(args);
      assert.equal(theirs.code, 1);
      assert.ok(ours.code === 1 || ours.code === 2, `exit ${ours.code}`);
      assert.equal(ours.stderr.split('\n').length, 2, 'one line');
      assert.match(ours.stderr, /^time="[^"]*" level=fatal msg=/);
    });
  }

  test('the texts about names are the same', async () => {
    for (const args of cases.slice(0, 4)) {
      const { ours, theirs } = await both(args);
      assert.equal(withoutTime(ours.stderr).replace(/: \\"UPPER.*?\\"/, ''), withoutTime(theirs.stderr));
    }
  });
});

describe('inspect', () => {
  test('says the same, and what each layer is besides', async () => {
    const reference = `docker://${registry.host}/sample:1`;
    const { ours, theirs } = await both(['inspect', '--tls-verify=false', reference]);
    const { LayersData, ...mine } = JSON.parse(ours.stdout);
    assert.equal(JSON.stringify(mine), JSON.stringify(JSON.parse(theirs.stdout)), 'also in the order of the keys');
    assert.deepEqual(Object.keys(LayersData[0]), ['MIMEType', 'Digest', 'Size', 'Annotations']);
  });

  for (const flags of [['--raw'], ['--config'], ['--config', '--raw'], ['--format', '{{.Name}} {{.Digest}}']]) {
    test(flags.join(' '), async () => {
      const reference = `docker://${registry.host}/sample:1`;
      const { ours, theirs } = await both(['inspect', '--tls-verify=false', ...flags, reference]);
      assert.deepEqual([ours.code, ours.stdout], [theirs.code, theirs.stdout]);
    });
  }

  test('without tags on demand, and a missing image', async () => {
    const reference = `docker://${registry.host}/sample:1`;
    const { ours, theirs } = await both([
      'inspect',
      '-n',
      '--tls-verify=false',
      '--format',
      '{{.RepoTags}}',
      reference,
    ]);
    assert.equal(ours.stdout, theirs.stdout);
    const missing = await both(['inspect', '--tls-verify=false', `docker://${registry.host}/sample:none`]);
    assert.equal(missing.ours.code, 2, 'as since 1.10');
    assert.match(missing.ours.stderr, /manifest unknown/);
  });

  test('an artifact is no image, though its manifest can be seen', async () => {
    const { layout, digest } = makeArtifact(`${directory}/seen`);
    const { ours, theirs } = await both(['inspect', `oci:${layout}`]);
    assert.deepEqual([ours.code, theirs.code], [1, 1]);
    assert.match(ours.stderr, /unsupported image-specific operation on artifact with type/);
    const raw = await skopeo(['inspect', '--raw', `oci:${layout}`]);
    assert.equal(digestOf(Buffer.from(raw.stdout)), digest);
  });

  test('an image of schema 1', async () => {
    const place = `${directory}/schema1`;
    assert.equal((await peerSkopeo(['copy', '--format', 'v2s1', `oci:${sample.layout}`, `dir:${place}`])).code, 0);
    const { ours, theirs } = await both(['inspect', `dir:${place}`]);
    const { LayersData: _, ...mine } = JSON.parse(ours.stdout);
    assert.deepEqual(mine, JSON.parse(theirs.stdout));
  });
});
