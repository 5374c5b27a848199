/** The store beside the distribution's tools. */
import assert from 'node:assert/strict';
import { AsyncLocalStorage } from 'node:async_hooks';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { Digest } from '@lighter/spec/digest';
import { layerId } from './ids.ts';
import { watchLocks } from './lock-file.ts';
import { mounts } from './mountinfo.ts';
import { openStore } from './open.ts';
import type { PutImage, Store } from './store-types.ts';

function scratch(t: TestContext): string {
  const directory = mkdtempSync('/dev/shm/lighter-storage-');
  t.after(() => {
    for (const { point } of mounts().toReversed())
      if (point.startsWith(`${directory}/`)) execFileSync('umount', ['-l', point]);
    rmSync(directory, { recursive: true, force: true });
  });
  return directory;
}

const open = (base: string) => openStore({ root: `${base}/root`, runRoot: `${base}/run` });

function podman(base: string, ...args: string[]): string {
  writeFileSync(
    `${base}/containers.conf`,
    '[containers]\ndefault_ulimits=["nofile=1024:1024","nproc=1024:1024"]\n[engine]\nruntime="runc"\ncgroup_manager="cgroupfs"\nevents_logger="file"\n[network]\nnetwork_backend="cni"\n',
  );
  return execFileSync(
    '/usr/bin/podman',
    [
      '--root',
      `${base}/root`,
      '--runroot',
      `${base}/run`,
      '--storage-driver',
      'overlay',
      '--tmpdir',
      `${base}/tmp`,
      ...args,
    ],
    {
      encoding: 'utf8',
      env: { ...process.env, CONTAINERS_CONF: `${base}/containers.conf` },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  ).trim();
}

/** An image of two layers put straight into the store. */
async function putSample(store: Store, base: string, name: string): Promise<{ id: string; diffIds: string[] }> {
  const trees = [`${base}/tree-1-${name}`, `${base}/tree-2-${name}`];
  mkdirSync(`${trees[0]}/bin`, { recursive: true });
  mkdirSync(`${trees[1]}/etc`, { recursive: true });
  execFileSync('cp', ['/bin/busybox', `${trees[0]}/bin/busybox`]);
  execFileSync('ln', ['-s', 'busybox', `${trees[0]}/bin/cat`]);
  writeFileSync(`${trees[1]}/etc/mark`, `${name}\n`);
  const diffIds: string[] = [];
  const layers = [];
  let parent: string | undefined;
  for (const tree of trees) {
    const tar = execFileSync('tar', ['-C', tree, '-cf', '-', '.'], { maxBuffer: 1 << 28 });
    const path = `${tree}.tar.gz`;
    writeFileSync(path, execFileSync('gzip', ['-c'], { input: tar, maxBuffer: 1 << 28 }));
    const staged = await store.stageLayer({ recipe: { kind: 'file', path }, stream: () => assert.fail() });
    assert.equal(staged.diffDigest, `sha256:${createHash('sha256').update(tar).digest('hex')}`);
    diffIds.push(staged.diffDigest);
    const id = layerId(staged.diffDigest, parent);
    layers.push({ id, staged, ...(parent ? { parent } : {}) });
    parent = id;
  }
  await store.putLayers(layers);
  for (const { staged } of layers) await staged[Symbol.asyncDispose]();
  const config = Buffer.from(
    JSON.stringify({
      architecture: 'amd64',
      os: 'linux',
      config: { Cmd: ['cat', '/etc/mark'], Env: ['PATH=/bin'] },
      rootfs: { type: 'layers', diff_ids: diffIds },
    }),
  );
  const configDigest = `sha256:${createHash('sha256').update(config).digest('hex')}`;
  const manifest = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      config: { mediaType: 'application/vnd.oci.image.config.v1+json', digest: configDigest, size: config.length },
      layers: layers.map(({ staged }) => ({
        mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip',
        digest: staged.compressedDigest,
        size: staged.compressedSize,
      })),
    }),
  );
  const manifestDigest = `sha256:${createHash('sha256').update(manifest).digest('hex')}` as Digest;
  const image: PutImage = {
    id: configDigest.slice(7),
    created: '2024-01-02T03:04:05Z',
    digest: manifestDigest,
    metadata: '{}',
    items: [
      { key: configDigest, data: config },
      { key: `manifest-${manifestDigest}`, data: manifest },
      { key: 'manifest', data: manifest },
    ],
    addNames: [name],
    ...(parent ? { layer: parent } : {}),
  };
  await store.putImage(image);
  return { id: image.id, diffIds };
}

async function digestOf(stream: AsyncIterable<Uint8Array>): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of stream) hash.update(chunk);
  return `sha256:${hash.digest('hex')}`;
}

test('an image we put is listed, run, and removed by the peer', async (t) => {
  const base = scratch(t);
  await using store = await open(base);
  const { id, diffIds } = await putSample(store, base, 'localhost/ours:1');
  const layers = await store.layers();
  for (const [index, layer] of layers.entries()) assert.equal(await digestOf(store.layerTar(layer.id)), diffIds[index]);

  assert.equal(
    podman(base, 'images', '--no-trunc', '--format', '{{.ID}} {{.Repository}}:{{.Tag}}'),
    `sha256:${id} localhost/ours:1`,
  );
  assert.equal(podman(base, 'run', '--rm', '--network', 'none', 'localhost/ours:1'), 'localhost/ours:1');
  podman(base, 'rmi', 'localhost/ours:1');
  assert.deepEqual(await store.images(), []);
  assert.deepEqual(await store.layers(), []);
});

test('what the peer makes, we list, mount, diff and remove', async (t) => {
  const base = scratch(t);
  await using store = await open(base);
  const { id } = await putSample(store, base, 'localhost/theirs:1');
  podman(base, 'tag', 'localhost/theirs:1', 'localhost/other:2');
  assert.deepEqual((await store.image(id)).names, ['localhost/theirs:1', 'localhost/other:2']);
  const container = podman(base, 'create', '--network', 'none', 'localhost/theirs:1', 'cat', '/etc/mark');
  const mounted = await store.mount(container);
  assert.equal(readFileSync(`${mounted}/etc/mark`, 'utf8'), 'localhost/theirs:1\n');
  writeFileSync(`${mounted}/new`, 'new');
  rmSync(`${mounted}/etc/mark`);
  assert.deepEqual(await store.changes(container), [
    { kind: 'modified', path: '/etc' },
    { kind: 'deleted', path: '/etc/mark' },
    { kind: 'added', path: '/new' },
  ]);
  assert.equal(await store.containerSize(container), 3);
  // Counted together with the peer's mount.
  podman(base, 'mount', container);
  assert.equal(await store.unmount(container), true);
  podman(base, 'umount', container);
  assert.equal(existsSync(`${mounted}/new`), false);
  await assert.rejects(store.deleteImage(id), { code: 'IN_USE' });
  podman(base, 'rm', container);
  await store.deleteImage(id);
  assert.equal(podman(base, 'images', '-aq'), '');
  assert.deepEqual(
    readdirSync(`${base}/root/overlay`).filter((name) => /^[0-9a-f]{64}$/.test(name)),
    [],
  );
  assert.deepEqual(readdirSync(`${base}/root/overlay/l`), []);
});

test('a container’s diff is the same archive for us and the peer', async (t) => {
  const base = scratch(t);
  await using store = await open(base);
  await putSample(store, base, 'localhost/diff:1');
  const container = podman(base, 'create', '--network', 'none', 'localhost/diff:1');
  const root = await store.mount(container);
  execFileSync('sh', [
    '-c',
    `cd ${root}; rm etc/mark; mkdir -p a/b; echo 1 > a/b/c; ln a/b/c hard; ln -s x link; mkfifo p; mknod dev c 5 1; rm -r bin; mkdir bin; echo x > bin/y; chmod 4755 bin/y; setfattr -n user.k -v v hard; echo long > a/${'n'.repeat(120)}`,
  ]);
  await store.unmount(container);
  const image = podman(base, 'commit', '-q', '--format', 'oci', container, 'localhost/committed:1');
  const top = (await store.image(image)).layer ?? '';
  const ours: Buffer[] = [];
  for await (const chunk of store.diffTar(container)) ours.push(Buffer.from(chunk));
  writeFileSync(`${base}/ours.tar`, Buffer.concat(ours));
  const theirs: Buffer[] = [];
  for await (const chunk of store.layerTar(top)) theirs.push(Buffer.from(chunk));
  writeFileSync(`${base}/theirs.tar`, Buffer.concat(theirs));
  const list = (name: string) =>
    execFileSync('tar', ['--numeric-owner', '-tvf', `${base}/${name}.tar`], { encoding: 'utf8' }).split('\n');
  assert.deepEqual(list('ours'), list('theirs'));
});

test('containers: names are unique, volatile ones stay out of the stable files', async (t) => {
  const base = scratch(t);
  await using store = await open(base);
  const { id } = await putSample(store, base, 'localhost/c:1');
  const stable = await store.createContainer({ names: ['one'], image: id });
  const volatile = await store.createContainer({ names: ['two'], image: id, volatile: true });
  await assert.rejects(store.createContainer({ names: ['one'] }), { code: 'NAME_IN_USE' });
  const file = (name: string) => readFileSync(`${base}/root/overlay-containers/${name}.json`, 'utf8');
  assert.ok(file('containers').includes(stable.id) && !file('containers').includes(volatile.id));
  assert.ok(file('volatile-containers').includes(volatile.id));
  const empty = await store.createContainer({ names: ['scratch'] });
  const mounted = await store.mount('scratch');
  writeFileSync(`${mounted}/x`, 'y');
  await store.deleteContainer('scratch');
  assert.equal(existsSync(mounted), false);
  assert.equal(empty.image, '');
  for (const one of ['one', 'two']) await store.deleteContainer(one);
  assert.deepEqual(await store.containers(), []);
  assert.equal((await store.layers()).length, 2);
});

/** Outermost first (the order of containers/storage, so that no two tools wait for each other). */
const LOCK_ORDER = ['storage.lock', 'layers.lock', 'images.lock', 'containers.lock', 'mountpoints.lock'];

test('locks are nested in one order everywhere', async (t) => {
  const held = new AsyncLocalStorage<readonly number[]>();
  const nested = new Set<string>();
  watchLocks((path, work) => {
    const rank = LOCK_ORDER.indexOf(basename(path));
    const outer = held.getStore() ?? [];
    assert.ok(rank >= 0 && outer.every((other) => other < rank), `${path} inside ${outer.map((n) => LOCK_ORDER[n])}`);
    if (outer.length > 0) nested.add(basename(path));
    return held.run([...outer, rank], work);
  });
  t.after(() => watchLocks(undefined));
  const base = scratch(t);
  await using store = await open(base);
  const { id } = await putSample(store, base, 'localhost/order:1');
  const container = await store.createContainer({ names: ['order'], image: id });
  await store.mount('order');
  await store.changes('order');
  await store.setContainerNames('order', ['renamed']);
  await store.unmount(container.id);
  await assert.rejects(store.deleteLayer(container.layer), { code: 'IN_USE' });
  await store.deleteContainer('renamed');
  await store.setImageNames(id, []);
  await store.deleteImage(id);
  assert.deepEqual([...nested].sort(), LOCK_ORDER.slice(1).sort());
});

test('a layer in use is not deleted', async (t) => {
  const base = scratch(t);
  await using store = await open(base);
  const { id } = await putSample(store, base, 'localhost/use:1');
  const [bottom, top] = await store.layers();
  await assert.rejects(store.deleteLayer(bottom?.id ?? ''), /has children/);
  await assert.rejects(store.deleteLayer(top?.id ?? ''), /in use by an image/);
  const container = await store.createContainer({ names: [], image: id });
  await assert.rejects(store.deleteLayer(container.layer), /in use by a container/);
  assert.equal((await store.layers()).length, 3);
});

test('a throw-away container needs no sync from its making to its end', async (t) => {
  const base = scratch(t);
  await using store = await open(base);
  const { id } = await putSample(store, base, 'localhost/sync:1');
  const program = `${base}/program.ts`;
  writeFileSync(
    program,
    `const { openStore } = await import(${JSON.stringify(`${import.meta.dirname}/open.ts`)});
    const store = await openStore({ root: '${base}/root', runRoot: '${base}/run' });
    await store.createContainer({ names: ['once'], image: '${id}', volatile: true });
    await store.mount('once');
    await store.unmount('once');
    await store.deleteContainer('once');
    await store[Symbol.asyncDispose]();`,
  );
  const traced = ['-f', '-qq', '-e', 'trace=fsync,fdatasync,syncfs,sync,rename', '-o', `${base}/trace`];
  execFileSync('strace', [...traced, process.execPath, '--conditions=source', program]);
  const trace = readFileSync(`${base}/trace`, 'utf8');
  assert.match(trace, /rename\(.*volatile-containers\.json/);
  assert.doesNotMatch(trace, /sync/);
  assert.deepEqual(await store.containers(), []);
});

test('leftovers of a crash are removed by the next call, live work is not', async (t) => {
  const base = scratch(t);
  await using store = await open(base);
  const { id } = await putSample(store, base, 'localhost/crash:1');
  const layersFile = `${base}/root/overlay-layers/layers.json`;
  const broken = 'a'.repeat(64);
  writeFileSync(
    layersFile,
    JSON.stringify([
      ...JSON.parse(readFileSync(layersFile, 'utf8')),
      { id: broken, created: '2024-01-01T00:00:00Z', unknown: 1, flags: { incomplete: true } },
    ]),
  );
  mkdirSync(`${base}/root/overlay/${broken}`);
  mkdirSync(`${base}/root/overlay/tempdirs/temp-dir-123`, { recursive: true });
  writeFileSync(`${base}/root/overlay/tempdirs/lock-123`, '');
  const staged = await store.stageLayer({ stream: () => single(Buffer.alloc(1024)) });
  await using other = await open(base);
  assert.equal((await other.layers()).length, 2);
  assert.equal(existsSync(`${base}/root/overlay/${broken}`), false);
  assert.equal(existsSync(`${base}/root/overlay/tempdirs/temp-dir-123`), false);
  await store.putLayers([{ id: 'b'.repeat(64), staged }]);
  await staged[Symbol.asyncDispose]();
  assert.equal((await other.layers()).length, 3);
  await store.deleteLayer('b'.repeat(64));
  await store.deleteImage(id);
  assert.deepEqual(readdirSync(`${base}/root/overlay/tempdirs`), []);
});

async function* single(chunk: Buffer) {
  yield chunk;
}

test('unknown keys of other tools survive our writing', async (t) => {
  const base = scratch(t);
  await using store = await open(base);
  const { id } = await putSample(store, base, 'localhost/keys:1');
  const path = `${base}/root/overlay-images/images.json`;
  writeFileSync(
    path,
    JSON.stringify(JSON.parse(readFileSync(path, 'utf8')).map((image: object) => ({ ...image, future: { a: '<&>' } }))),
  );
  await store.setImageNames(id, ['localhost/renamed:1']);
  const saved = readFileSync(path, 'utf8');
  assert.match(saved, /"future":\{"a":"\\u003c\\u0026\\u003e"\}/);
  assert.deepEqual(JSON.parse(saved)[0]['names-history'], ['localhost/renamed:1', 'localhost/keys:1']);
});

test('damaged records are named, and nothing is changed', async (t) => {
  const base = scratch(t);
  await using store = await open(base);
  await putSample(store, base, 'localhost/x:1');
  const path = `${base}/root/overlay-layers/layers.json`;
  for (const bad of ['{', '{"a":1}', '[{"id":"../../x"}]']) {
    writeFileSync(path, bad);
    await assert.rejects(
      store.layers(),
      (error: Error & { code: string }) => error.code === 'RECORD_INVALID' && error.message.includes(path),
    );
    assert.equal(readFileSync(path, 'utf8'), bad);
  }
});

test('more than a hundred layers are mounted', async (t) => {
  const base = scratch(t);
  await using store = await open(base);
  const layers = [];
  let parent: string | undefined;
  for (let n = 0; n < 130; n++) {
    const tree = `${base}/many`;
    rmSync(tree, { recursive: true, force: true });
    mkdirSync(tree);
    writeFileSync(`${tree}/file-${n}`, `${n}`);
    const tar = execFileSync('tar', ['-C', tree, '-cf', '-', '.']);
    const staged = await store.stageLayer({ stream: () => single(tar) });
    const id = layerId(staged.diffDigest, parent);
    layers.push({ id, staged, ...(parent ? { parent } : {}) });
    parent = id;
  }
  await store.putLayers(layers);
  for (const { staged } of layers) await staged[Symbol.asyncDispose]();
  const top = parent as string;
  const mounted = await store.mount(top, { readOnly: true });
  assert.equal(readdirSync(mounted).length, 130);
  await store.unmount(top);
});
