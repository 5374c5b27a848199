/** One store, two families of tools: what one writes the other reads, with the same digests. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { must, ours, peer, run } from './support/command.ts';
import { mustPeerOn, type StorePaths, storeFlags, storeIn } from './support/peers.ts';
import { type Registry, startRegistry } from './support/registry.ts';
import { makeSample, pushSample, type Sample } from './support/sample-image.ts';
import { scratch } from './support/scratch.ts';

interface Stage {
  readonly directory: string;
  readonly store: StorePaths;
  readonly registry: Registry;
  readonly sample: Sample;
  readonly image: string;
}

async function stage(t: TestContext, mark: string): Promise<Stage> {
  const directory = scratch(t, 'interop');
  const registry = await startRegistry(t);
  const sample = await makeSample(`${directory}/sample`, { mark, extraLayers: 2 });
  const image = `${registry.host}/${mark}:1`;
  await pushSample(sample, image);
  return { directory, store: storeIn(directory), registry, sample, image };
}

const podman = (store: StorePaths, ...args: string[]) => must(ours('podman'), [...storeFlags(store), ...args]);

test('what our podman pulls, the peer lists, mounts, runs and pushes with the same digests', async (t) => {
  const { directory, store, sample, image, registry } = await stage(t, 'ours-first');
  const id = await podman(store, 'pull', '-q', '--tls-verify=false', image);
  assert.equal(id, sample.configDigest.slice(7));

  const listed = JSON.parse(await mustPeerOn(store, 'podman', ['images', '--format', 'json', '--no-trunc']));
  assert.deepEqual(
    listed.map((one: { Id: string; Digest: string; Names: string[] }) => [one.Id, one.Digest, one.Names]),
    [[id, sample.manifestDigest, [image]]],
  );
  const mounted = await mustPeerOn(store, 'podman', ['image', 'mount', image]);
  assert.equal(await must('cat', [`${mounted}/layer-2`]), 'ours-first 2');
  await mustPeerOn(store, 'podman', ['image', 'umount', image]);
  assert.equal(
    await mustPeerOn(store, 'podman', ['run', '--rm', '--network', 'none', image, 'cat', '/etc/mark']),
    'ours-first',
  );

  await mustPeerOn(store, 'podman', [
    'push',
    '-q',
    '--tls-verify=false',
    '--digestfile',
    `${directory}/digest`,
    image,
    `docker://${registry.host}/again:1`,
  ]);
  await sameLayers(registry, 'again:1', sample);
  assert.equal(await podman(store, 'run', '--rm', '--network', 'none', image, 'cat', '/layer-1'), 'ours-first 1');
});

test('what the peer pulls, our podman lists, mounts, runs and pushes with the same digests', async (t) => {
  const { store, sample, image, registry } = await stage(t, 'theirs-first');
  const id = await mustPeerOn(store, 'podman', ['pull', '-q', '--tls-verify=false', image]);
  assert.equal(id, sample.configDigest.slice(7));

  const listed = JSON.parse(await podman(store, 'images', '--format', 'json', '--no-trunc'));
  assert.deepEqual(
    listed.map((one: { Id: string; Digest: string; Names: string[] }) => [one.Id, one.Digest, one.Names]),
    [[id, sample.manifestDigest, [image]]],
  );
  assert.equal(
    await podman(store, 'run', '--rm', '--network', 'none', image, 'cat', '/etc/mark', '/layer-2'),
    'theirs-first\ntheirs-first 2',
  );
  await podman(store, 'push', '-q', '--tls-verify=false', image, `docker://${registry.host}/again:1`);
  await sameLayers(registry, 'again:1', sample);
  assert.equal(
    await mustPeerOn(store, 'podman', ['run', '--rm', '--network', 'none', image, 'cat', '/layer-1']),
    'theirs-first 1',
  );
});

test('what our buildah commits, the peer runs; its working container is the peer’s too', async (t) => {
  const { store, image } = await stage(t, 'buildah');
  const buildah = (...args: string[]) => must(ours('buildah'), [...storeFlags(store), ...args]);
  const container = await buildah('from', '--tls-verify=false', image);
  const seen = JSON.parse(await mustPeerOn(store, 'buildah', ['containers', '--json']));
  assert.deepEqual(
    seen.map((one: { containername: string; builder: boolean }) => [one.containername, one.builder]),
    [[container, true]],
  );
  await mustPeerOn(store, 'buildah', ['config', '--env', 'from=peer', container]);
  await buildah('config', '--env', 'from2=ours', container);
  const root = await buildah('mount', container);
  await must('sh', ['-c', `echo changed > ${root}/changed; rm ${root}/layer-1`]);
  await buildah('umount', container);
  await buildah('commit', '-q', container, 'changed');
  const environment = await mustPeerOn(store, 'podman', [
    'run',
    '--rm',
    '--network',
    'none',
    'localhost/changed',
    'sh',
    '-c',
    'env; cat /changed; ls /',
  ]);
  for (const expected of [/^from=peer$/m, /^from2=ours$/m, /^changed$/m, /^layer-2$/m])
    assert.match(environment, expected);
  assert.doesNotMatch(environment, /^layer-1$/m);
  await mustPeerOn(store, 'buildah', ['rm', container]);
  assert.equal(await buildah('containers', '-q'), '');
});

test('a layer exports to its diff id in both tools, whoever pulled it', async (t) => {
  for (const [index, first] of (['ours', 'peer'] as const).entries()) {
    const { directory, store, sample, image } = await stage(t, `export-${index}`);
    if (first === 'ours') await podman(store, 'pull', '-q', '--tls-verify=false', image);
    else await mustPeerOn(store, 'podman', ['pull', '-q', '--tls-verify=false', image]);
    const source = `containers-storage:[overlay@${store.root}+${store.runroot}]${image}`;
    for (const skopeo of [ours('skopeo'), peer('skopeo')]) {
      const out = `${directory}/export-${skopeo === peer('skopeo') ? 'peer' : 'ours'}`;
      await must(skopeo, ['--insecure-policy', 'copy', '-q', source, `dir:${out}`]);
      const manifest = JSON.parse(await must('cat', [`${out}/manifest.json`]));
      const digests = [];
      for (const layer of manifest.layers) {
        const tar = await must('sh', [
          '-c',
          `f=${out}/${layer.digest.slice(7)}; (gzip -dc $f 2>/dev/null || cat $f) | sha256sum`,
        ]);
        digests.push(`sha256:${tar.split(' ')[0]}`);
      }
      assert.deepEqual(digests, sample.diffIds, `${skopeo} of what ${first} pulled`);
    }
  }
});

/** The layers under `name` in the registry have the sample's diff ids, whatever their compression. */
async function sameLayers(registry: Registry, name: string, sample: Sample): Promise<void> {
  const shown = await run(peer('skopeo'), [
    'inspect',
    '--raw',
    '--tls-verify=false',
    `docker://${registry.host}/${name}`,
  ]);
  assert.equal(shown.code, 0, shown.stderr);
  const manifest = JSON.parse(shown.stdout);
  const config = JSON.parse(
    await must(peer('skopeo'), [
      'inspect',
      '--config',
      '--raw',
      '--tls-verify=false',
      `docker://${registry.host}/${name}`,
    ]),
  );
  assert.equal(manifest.config.digest, sample.configDigest);
  assert.deepEqual(config.rootfs.diff_ids, sample.diffIds);
}
