/** history, untag, diff and the prunes, beside the distribution's podman on the same store. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { must, ours, peer, run } from './support/command.ts';
import { storeFlags, storeIn } from './support/peers.ts';
import { makeSample } from './support/sample-image.ts';
import { scratch } from './support/scratch.ts';

async function setUp(t: TestContext) {
  // Before the store goes: hooks run in this order.
  t.after(() => run(ours('podman'), [...storeFlags(store), 'rm', '-fa', '-t', '0']));
  const directory = scratch(t, 'image-verbs');
  const store = storeIn(directory);
  const sample = await makeSample(`${directory}/image`, { extraLayers: 2 });
  const by =
    (command: string) =>
    async (...args: string[]) =>
      must(command, [...storeFlags(store), ...args], { timeout: 30_000 });
  const done = by(ours('podman'));
  await done('pull', '-q', `oci:${sample.layout}`);
  const image = (await done('images', '-q', '--no-trunc')).trim().slice('sha256:'.length);
  await done('tag', image, 'busy:1', 'busy:2');
  return { done, theirs: by(peer('podman')), image, store };
}

test('history is what the peer shows', async (t) => {
  const { done, theirs, image } = await setUp(t);
  for (const args of [
    ['history', image],
    ['history', '--no-trunc', '--human=false', 'busy:1'],
    ['history', '-q', image],
    ['history', '--format', '{{.ID}} {{.CreatedBy}} {{.Size}} {{.CreatedSince}}', image],
  ])
    assert.equal(await done(...args), await theirs(...args), args.join(' '));
  assert.deepEqual(
    JSON.parse(await done('history', '--format', 'json', image)),
    JSON.parse(await theirs('history', '--format', 'json', image)),
  );
});

test('untag takes away one name, or all', async (t) => {
  const { done, image, store } = await setUp(t);
  await done('untag', 'busy:1', 'busy:1');
  const names = async () => JSON.parse(await done('inspect', '--format', '{{json .RepoTags}}', image)) as string[];
  assert.deepEqual(
    (await names()).filter((name) => name.includes('busy')),
    ['localhost/busy:2'],
  );
  const unknown = await run(ours('podman'), [...storeFlags(store), 'untag', image, 'nosuch:1']);
  assert.equal(unknown.code, 125);
  assert.match(unknown.stderr, /nosuch:1: tag not known/);
  await done('untag', image);
  assert.deepEqual(await names(), []);
});

test('diff tells what a container changed', async (t) => {
  const { done, image } = await setUp(t);
  const script = 'echo x >/etc/new; /bin/busybox rm /bin/sh; /bin/busybox mkdir /made';
  await done('run', '--name', 'c', '--network', 'none', image, '/bin/busybox', 'sh', '-c', script);
  const lines = (await done('diff', 'c')).trim().split('\n');
  assert.deepEqual(lines.toSorted(), ['A /etc/new', 'A /made', 'C /bin', 'C /etc', 'D /bin/sh']);
  const json = JSON.parse(await done('diff', '--format', 'json', 'c'));
  assert.deepEqual(json.deleted, ['/bin/sh']);
});

test('prunes remove what nothing uses, and nothing else', async (t) => {
  const { done, image } = await setUp(t);
  await done('run', '-d', '--name', 'runs', '--network', 'none', image, 'sh', '-c', 'while :; do :; done');
  const ended = (await done('create', '--name', 'ended', '--label', 'a=b', image)).trim();
  await done('create', '--name', 'kept', image);
  assert.equal(await done('container', 'prune', '-f', '--filter', 'label=a=b'), ended);
  assert.equal(await done('image', 'prune', '-a', '-f'), '');
  await done('container', 'prune', '--force');
  assert.equal(await done('ps', '-a', '--format', '{{.Names}}'), 'runs');
  await done('rm', '-f', '-t', '0', 'runs');
  assert.equal(await done('image', 'prune', '-f'), '');
  assert.equal(await done('image', 'prune', '--all', '--force'), image);
  assert.equal(await done('images', '-q'), '');
});
