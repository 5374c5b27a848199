/** One store used by us and the distribution's tools: formats, locks, crashes, full disks. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { copyImage } from '@lighter/image/copy/copy-image';
import { parseImageName } from '@lighter/image/parse';
import { linux } from '@lighter/linux/native';
import { openStore } from '@lighter/storage/open';
import { must, peer } from './support/command.ts';
import { mustPeerOn, type StorePaths, storeIn } from './support/peers.ts';
import { makeSample } from './support/sample-image.ts';
import { scratch } from './support/scratch.ts';
import { storeProblems } from './support/store-check.ts';

const inStore = ({ root, runroot }: StorePaths, name: string) =>
  `containers-storage:[overlay@${root}+${runroot}]${name}`;

const open = ({ root, runroot }: StorePaths) => openStore({ root, runRoot: runroot });

async function pull(store: StorePaths, layout: string, name: string): Promise<void> {
  await copyImage(await parseImageName(`oci:${layout}`), await parseImageName(inStore(store, name)), {});
}

const peerPull = (store: StorePaths, layout: string, name: string) =>
  must(peer('skopeo'), ['--insecure-policy', 'copy', '-q', `oci:${layout}`, inStore(store, name)]);

async function sample(t: TestContext, name: string, extraLayers = 2) {
  const directory = scratch(t, name);
  return {
    directory,
    store: storeIn(directory),
    image: await makeSample(`${directory}/sample`, { mark: name, extraLayers }),
  };
}

test('the same image has the same ids, digests and names whoever pulls it', async (t) => {
  const { directory, store, image } = await sample(t, 'same');
  const theirs = { root: `${directory}/theirs`, runroot: `${directory}/theirs-run` };
  await pull(store, image.layout, 'localhost/same:1');
  await peerPull(theirs, image.layout, 'localhost/same:1');
  const layers = (paths: StorePaths) =>
    JSON.parse(readFileSync(`${paths.root}/overlay-layers/layers.json`, 'utf8')).map(
      ({ created: _created, ...rest }: Record<string, unknown>) => rest,
    );
  assert.deepEqual(layers(store), layers(theirs));
  const record = (paths: StorePaths) => JSON.parse(readFileSync(`${paths.root}/overlay-images/images.json`, 'utf8'))[0];
  for (const key of ['id', 'digest', 'names', 'names-history', 'layer', 'created'])
    assert.deepEqual(record(store)[key], record(theirs)[key], key);
  assert.deepEqual(await storeProblems(store), []);
  assert.deepEqual(await storeProblems(theirs), []);
});

test('an image with one layer twice is stored, run by the peer, and exported again', async (t) => {
  const { directory, store, image } = await sample(t, 'twice', 1);
  // The second layer once more on top of itself.
  const blobs = `${directory}/sample/blobs/sha256`;
  const index = JSON.parse(readFileSync(`${directory}/sample/index.json`, 'utf8'));
  const readBlob = (digest: string) => JSON.parse(readFileSync(`${blobs}/${digest.slice(7)}`, 'utf8'));
  const put = async (value: unknown) => {
    writeFileSync(`${directory}/blob`, JSON.stringify(value));
    const digest = `sha256:${(await must('sha256sum', [`${directory}/blob`])).slice(0, 64)}`;
    const text = readFileSync(`${directory}/blob`);
    writeFileSync(`${blobs}/${digest.slice(7)}`, text);
    return { digest, size: text.length };
  };
  const manifest = readBlob(index.manifests[0].digest);
  const config = readBlob(manifest.config.digest);
  config.rootfs.diff_ids.push(config.rootfs.diff_ids.at(-1));
  config.history.push({ created_by: 'again' });
  manifest.layers.push(manifest.layers.at(-1));
  Object.assign(manifest.config, await put(config));
  Object.assign(index.manifests[0], await put(manifest));
  writeFileSync(`${directory}/sample/index.json`, JSON.stringify(index));
  await pull(store, image.layout, 'localhost/twice:1');
  assert.deepEqual(await storeProblems(store), []);
  const layers = JSON.parse(readFileSync(`${store.root}/overlay-layers/layers.json`, 'utf8'));
  assert.equal(layers.length, 3);
  assert.equal(layers[1]['compressed-diff-digest'], layers[2]['compressed-diff-digest']);
  assert.equal(
    (
      await mustPeerOn(store, 'podman', ['run', '--rm', '--network', 'none', 'localhost/twice:1', 'echo', 'ran'])
    ).trim(),
    'ran',
  );
});

test('lost short links are made again by a mount, then the peer mounts too', async (t) => {
  const { store, image } = await sample(t, 'links');
  await peerPull(store, image.layout, 'localhost/links:1');
  for (const link of readdirSync(`${store.root}/overlay/l`)) rmSync(`${store.root}/overlay/l/${link}`);
  await using ours = await open(store);
  const container = await ours.createContainer({ names: ['links'], image: (await ours.image('localhost/links:1')).id });
  assert.ok(readdirSync(await ours.mount(container.id)).includes('layer-1'));
  await ours.unmount(container.id);
  assert.deepEqual(await storeProblems(store), []);
  await mustPeerOn(store, 'podman', ['run', '--rm', '--network', 'none', 'localhost/links:1', 'true']);
  await ours.deleteContainer(container.id);
});

test('the peer waits while we hold a lock, and we while it is held elsewhere', async (t) => {
  const { store, image } = await sample(t, 'locks');
  await peerPull(store, image.layout, 'localhost/locks:1');
  const path = `${store.root}/overlay-layers/layers.lock`;
  const fd = openSync(path, 'r+');
  linux.tryLock(fd, true);
  const order: string[] = [];
  // Opening and closing the file elsewhere doesn't lose the lock, as it would a POSIX one.
  closeSync(openSync(path, 'r'));
  const theirs = mustPeerOn(store, 'podman', ['images', '-q']).then(() => order.push('peer'));
  await using ours = await open(store);
  const mine = ours.layers().then(() => order.push('ours'));
  await pause(700);
  order.push('released');
  linux.unlock(fd);
  closeSync(fd);
  await Promise.all([theirs, mine]);
  assert.equal(order[0], 'released');
});

test('what is changed by the peer is seen at once by a store that is open', async (t) => {
  const { store, image } = await sample(t, 'fresh');
  await using ours = await open(store);
  assert.deepEqual(await ours.images(), []);
  await peerPull(store, image.layout, 'localhost/fresh:1');
  assert.deepEqual((await ours.images())[0]?.names, ['localhost/fresh:1']);
  await mustPeerOn(store, 'podman', ['tag', 'localhost/fresh:1', 'localhost/fresh:2']);
  assert.equal((await ours.image('localhost/fresh:2')).id, image.configDigest.slice(7));
  await mustPeerOn(store, 'podman', ['rmi', '-f', 'localhost/fresh:1', 'localhost/fresh:2']);
  assert.deepEqual(await ours.layers(), []);
});

test('a name moves to the image that took it last, with the history the peer writes', async (t) => {
  const histories: unknown[] = [];
  for (const retag of ['ours', 'peer']) {
    const directory = scratch(t, 'names');
    const store = storeIn(directory);
    const images = [];
    for (const mark of ['a', 'b']) {
      images.push(await makeSample(`${directory}/${mark}`, { mark }));
      await peerPull(store, `${directory}/${mark}:latest`, `localhost/${mark}:1`);
    }
    const [a, b] = images.map((image) => image.configDigest.slice(7));
    if (retag === 'peer') await mustPeerOn(store, 'podman', ['tag', b ?? '', 'localhost/a:1']);
    else {
      await using ours = await open(store);
      await ours.setImageNames(b ?? '', ['localhost/b:1', 'localhost/a:1']);
    }
    const records = JSON.parse(readFileSync(`${store.root}/overlay-images/images.json`, 'utf8'));
    histories.push(
      [a, b].map((id) => {
        const { names, 'names-history': history } = records.find((record: { id: string }) => record.id === id);
        return { names, history };
      }),
    );
  }
  assert.deepEqual(histories[0], histories[1]);
});

test('our mount stays visible when the peer starts afterwards, and counts are shared', async (t) => {
  const { store, image } = await sample(t, 'visible');
  await pull(store, image.layout, 'localhost/visible:1');
  await using ours = await open(store);
  const container = await ours.createContainer({ names: ['visible'], image: image.configDigest.slice(7) });
  const path = await ours.mount(container.id);
  await mustPeerOn(store, 'podman', ['images']);
  assert.ok(readdirSync(path).includes('bin'));
  assert.equal((await mustPeerOn(store, 'buildah', ['images', '-q'])).trim(), image.configDigest.slice(7, 19));
  assert.equal(await ours.unmount(container.id), false);
  assert.deepEqual(readdirSync(path), []);
  // A mount that vanished behind the store's back is made anew.
  await ours.mount(container.id);
  await must('umount', ['-l', path]);
  assert.equal(await ours.mount(container.id), path);
  assert.ok(readdirSync(path).includes('bin'));
  await ours.deleteContainer(container.id);
  assert.deepEqual(await storeProblems(store), []);
});

test('a full disk leaves no half image, and removing still works on it', async (t) => {
  const { directory, image } = await sample(t, 'full');
  mkdirSync(`${directory}/small`);
  await must('mount', ['-t', 'tmpfs', '-o', 'size=5M', 'tmpfs', `${directory}/small`]);
  const store = { root: `${directory}/small/root`, runroot: `${directory}/run` };
  await pull(store, image.layout, 'localhost/full:1');
  const large = await makeSample(`${directory}/large`, { mark: 'large', extraLayers: 1 });
  await must('sh', ['-c', `head -c 1500000 /dev/urandom > ${directory}/small/ballast`]);
  await assert.rejects(pull(store, large.layout, 'localhost/large:1'), /ENOSPC|no space/i);
  await using ours = await open(store);
  assert.deepEqual(
    (await ours.images()).map((one) => one.names),
    [['localhost/full:1']],
  );
  assert.deepEqual(await storeProblems(store), []);
  await must('sh', ['-c', `cat /dev/zero > ${directory}/small/rest 2>/dev/null; true`]);
  await ours.deleteImage(image.configDigest.slice(7));
  assert.deepEqual(await ours.layers(), []);
  assert.deepEqual(await storeProblems(store), []);
});

/**
 * Runs a program on a store again and again, killed at its first, second, … rename, until it gets through; `check` looks at
 * the store after each. Returns how many were killed.
 */
async function killAtEachRename(args: readonly string[], check: (at: number) => Promise<void>): Promise<number> {
  const program = `${import.meta.dirname}/support/store-program.ts`;
  for (let at = 1; ; at++) {
    const inject = ['-e', 'trace=rename', '-e', `inject=rename:signal=KILL:when=${at}`];
    const child = spawn(
      peer('strace'),
      ['-f', '-qq', '-o', '/dev/null', ...inject, process.execPath, '--conditions=source', program, ...args],
      { stdio: ['ignore', 'ignore', 'inherit'] },
    );
    const [code] = await once(child, 'exit');
    await check(at);
    if (code === 0) return at - 1;
  }
}

test('a pull killed at any rename leaves a store that all tools use', async (t) => {
  const { store, image } = await sample(t, 'killed', 2);
  await using ours = await open(store);
  const killed = await killAtEachRename(
    ['pull', `oci:${image.layout}`, inStore(store, 'localhost/killed:1')],
    async (at) => {
      const layers = await ours.layers();
      assert.deepEqual(await storeProblems(store, { crashed: true }), [], `killed at rename ${at}`);
      await mustPeerOn(store, 'podman', ['images', '-q']);
      const images = await ours.images();
      for (const { names, items } of images) assert.ok(names.length > 0 && items.includes('manifest'));
      if (images.length > 0) return;
      // The next one starts from the beginning.
      for (const { id } of layers.toReversed()) await ours.deleteLayer(id);
    },
  );
  assert.ok(killed >= 10, `${killed}`);
  assert.deepEqual(await storeProblems(store), []);
  await mustPeerOn(store, 'podman', ['run', '--rm', '--network', 'none', 'localhost/killed:1', 'true']);
});

test('a removal killed at any rename is finished by the next command, or asked for again', async (t) => {
  const { store, image } = await sample(t, 'removed', 2);
  await using ours = await open(store);
  await pull(store, image.layout, 'localhost/removed:1');
  const killed = await killAtEachRename(['delete', inStore(store, 'localhost/removed:1')], async (at) => {
    const layers = await ours.layers();
    assert.deepEqual(await storeProblems(store, { crashed: true }), [], `killed at rename ${at}`);
    await mustPeerOn(store, 'podman', ['images', '-q']);
    for (const { id } of (await ours.images()).length === 0 ? layers.toReversed() : []) await ours.deleteLayer(id);
    await pull(store, image.layout, 'localhost/removed:1');
  });
  assert.ok(killed >= 8, `${killed}`);
  await ours.deleteImage(image.configDigest.slice(7));
  assert.deepEqual(await storeProblems(store), []);
});

test('a pull of ours and one of the peer’s at once make one image', async (t) => {
  const { store, image } = await sample(t, 'both');
  await mustPeerOn(store, 'podman', ['images', '-q']);
  await Promise.all([pull(store, image.layout, 'localhost/both:1'), peerPull(store, image.layout, 'localhost/both:1')]);
  await using ours = await open(store);
  assert.deepEqual(
    (await ours.images()).map((one) => one.id),
    [image.configDigest.slice(7)],
  );
  assert.deepEqual(await storeProblems(store), []);
});

test('three processes of ours and three of the peer’s on one store lose nothing', async (t) => {
  const directory = scratch(t, 'many');
  const store = storeIn(directory);
  await mustPeerOn(store, 'podman', ['images', '-q']);
  const program = `${import.meta.dirname}/support/store-program.ts`;
  const expected = await Promise.all(
    [0, 1, 2, 3, 4, 5].map(async (worker) => {
      const image = await makeSample(`${directory}/sample-${worker}`, { mark: `${worker}`, extraLayers: 1 });
      return { worker, image, name: `localhost/many-${worker}:1` };
    }),
  );
  await Promise.all(
    expected.map(async ({ worker, image, name }) => {
      if (worker % 2 === 0) {
        const work = ['work', store.root, store.runroot, `oci:${image.layout}`, name, '12'];
        await must(process.execPath, ['--conditions=source', program, ...work]);
        return;
      }
      for (let round = 0; round < 8; round++) {
        await peerPull(store, image.layout, name);
        await mustPeerOn(store, 'podman', ['tag', name, `${name}-tag`]);
        const container = (await mustPeerOn(store, 'podman', ['create', '--network', 'none', name, 'true'])).trim();
        await mustPeerOn(store, 'podman', ['mount', container]);
        await mustPeerOn(store, 'podman', ['rm', container]);
        if (round < 7) await mustPeerOn(store, 'podman', ['rmi', name, `${name}-tag`]);
      }
    }),
  );
  assert.deepEqual(await storeProblems(store), []);
  await using ours = await open(store);
  const found = (await ours.images()).map(({ id, names }) => `${id} ${[...names].sort()}`).sort();
  const wanted = expected.map(({ image, name }) => `${image.configDigest.slice(7)} ${name},${name}-tag`).sort();
  assert.deepEqual(found, wanted);
  // The peer lists each id once, whatever its names.
  assert.equal((await mustPeerOn(store, 'podman', ['images', '-q', '--no-trunc'])).trim().split('\n').length, 6);
  assert.equal((await ours.layers()).length, 12);
});
