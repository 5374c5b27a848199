/** buildah as a program: the steps of the story, and one store shared with Go's buildah in both directions. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  copyFileSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { type TestContext, test } from 'node:test';
import { must, ours, peer, run } from './support/command.ts';
import { mustPeerOn, type StorePaths, storeFlags, storeIn } from './support/peers.ts';
import { startRegistry } from './support/registry.ts';
import { scratch } from './support/scratch.ts';
import { makeUser } from './support/user.ts';

interface Stage {
  readonly directory: string;
  readonly store: StorePaths;
  buildah(...args: string[]): Promise<string>;
  go(...args: string[]): Promise<string>;
}

function stage(t: TestContext): Stage {
  const directory = scratch(t, 'buildah');
  const store = storeIn(directory);
  return {
    directory,
    store,
    buildah: (...args) => must(ours('buildah'), [...storeFlags(store), ...args]),
    go: (...args) => mustPeerOn(store, 'buildah', args),
  };
}

/** A container from scratch with busybox in it, committed as `base`. */
async function makeBase({ buildah }: Stage): Promise<string> {
  const container = await buildah('from', 'scratch');
  const root = await buildah('mount', container);
  mkdirSync(`${root}/bin`);
  copyFileSync('/bin/busybox', `${root}/bin/busybox`);
  symlinkSync('busybox', `${root}/bin/sh`);
  mkdirSync(`${root}/etc/old`, { recursive: true });
  writeFileSync(`${root}/etc/old/a`, 'a');
  writeFileSync(`${root}/etc/old/b`, 'b');
  writeFileSync(`${root}/etc/gone`, 'gone');
  await buildah('config', '--entrypoint', '["/bin/sh","-c","echo $foo"]', '--env', 'foo=bar', container);
  await buildah('umount', container);
  await buildah('commit', '-q', container, 'base');
  return container;
}

test('from scratch to a registry: Go’s skopeo sees entry point and environment', async (t) => {
  const here = stage(t);
  await makeBase(here);
  const registry = await startRegistry(t);
  const target = `docker://${registry.host}/hello:1`;
  await here.buildah('push', '--tls-verify=false', '--digestfile', `${here.directory}/digest`, 'base', target);
  const config = JSON.parse(await must(peer('skopeo'), ['inspect', '--config', '--tls-verify=false', target]));
  assert.deepEqual(config.config.Entrypoint, ['/bin/sh', '-c', 'echo $foo']);
  assert.deepEqual(config.config.Env, ['foo=bar']);
  const { Digest: digest } = JSON.parse(await must(peer('skopeo'), ['inspect', '--tls-verify=false', target]));
  assert.equal(readFileSync(`${here.directory}/digest`, 'utf8'), digest);
});

test('Go’s buildah goes on with our container, and we with its', async (t) => {
  const here = stage(t);
  const { buildah, go } = here;
  const container = await makeBase(here);
  await go('config', '--label', 'by=go', container);
  await buildah('config', '--label', 'and=ours', container);
  const labels = { and: 'ours', by: 'go' };
  assert.deepEqual(JSON.parse(await go('inspect', container)).OCIv1.config.Labels, labels);
  assert.deepEqual(JSON.parse(await buildah('inspect', container)).Docker.config.Labels, labels);
  await go('commit', '-q', container, 'by-go');
  assert.equal((await go('rm', container)).length, 64);
  assert.equal(await buildah('containers', '-q'), '');

  const theirs = await go('from', 'base');
  assert.equal(theirs, 'base-working-container');
  assert.equal(await buildah('from', 'base'), 'base-working-container-1');
  await buildah('config', '--env', 'x=y', theirs);
  await buildah('commit', '-q', theirs, 'by-ours');
  assert.deepEqual(JSON.parse(await go('inspect', '--type', 'image', 'by-ours')).OCIv1.config.Env, ['foo=bar', 'x=y']);
  await buildah('rm', theirs, 'base-working-container-1');
  assert.equal(await go('containers', '-q'), '');
});

test('what a commit records of changes is what Go’s records', async (t) => {
  const here = stage(t);
  const { buildah, go } = here;
  await makeBase(here);
  const container = await buildah('from', 'base');
  const root = await buildah('mount', container);
  rmSync(`${root}/etc/gone`);
  rmSync(`${root}/etc/old`, { recursive: true });
  mkdirSync(`${root}/etc/old`);
  writeFileSync(`${root}/etc/old/new`, 'new');
  writeFileSync(`${root}/hard1`, 'hard');
  linkSync(`${root}/hard1`, `${root}/hard2`);
  chmodSync(`${root}/hard1`, 0o4755);
  await must('mknod', [`${root}/device`, 'c', '1', '3']);
  await must('mkfifo', [`${root}/pipe`]);
  await must('chown', ['-h', '1234:4321', `${root}/bin/sh`]);
  await buildah('umount', container);
  await buildah('commit', '-q', container, 'ours');
  await go('commit', '-q', container, 'theirs');
  const diffIds: string[] = JSON.parse(await go('inspect', '--type', 'image', 'ours')).OCIv1.rootfs.diff_ids;
  await go('push', '-q', '--disable-compression', 'theirs', `dir:${here.directory}/theirs`);
  const manifest = JSON.parse(readFileSync(`${here.directory}/theirs/manifest.json`, 'utf8'));
  const layer = readFileSync(`${here.directory}/theirs/${manifest.layers[1].digest.slice('sha256:'.length)}`);
  assert.equal(`sha256:${createHash('sha256').update(withoutTypeBits(layer)).digest('hex')}`, diffIds[1]);
  const again = await buildah('from', 'ours');
  const seen = await buildah('mount', again);
  assert.deepEqual(readdirSync(`${seen}/etc/old`), ['new']);
  assert.deepEqual(readdirSync(`${seen}/etc`), ['old']);
  await buildah('umount', again);
  // Exported by both tools, the layers are the same bytes: both check them against the diff ids.
  await buildah('push', '-q', 'ours', `dir:${here.directory}/by-ours`);
  await go('push', '-q', 'ours', `dir:${here.directory}/by-go`);
});

/** Until 2023 Go's storage wrote the file type into the mode of tar headers too; newer ones, and ours, don't. */
function withoutTypeBits(tar: Buffer): Buffer {
  const result = Buffer.from(tar);
  for (let at = 0; at + 512 <= result.length && result[at] !== 0; ) {
    const header = result.subarray(at, at + 512);
    const mode = Number.parseInt(header.toString('latin1', 100, 107), 8) & 0o7777;
    header.write(mode.toString(8).padStart(7, '0'), 100);
    header.fill(' ', 148, 156);
    const sum = header.reduce((total, byte) => total + byte, 0);
    header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
    const size = Number.parseInt(header.toString('latin1', 124, 135), 8);
    at += 512 + Math.ceil(size / 512) * 512;
  }
  return result;
}

test('the same content with the same timestamp is the same image', async (t) => {
  const here = stage(t);
  const { buildah } = here;
  await makeBase(here);
  const ids: string[] = [];
  for (let n = 0; n < 2; n++) {
    const container = await buildah('from', 'base');
    writeFileSync(`${here.directory}/f`, 'content');
    await buildah('copy', '-q', container, `${here.directory}/f`, '/f');
    for (const format of ['oci', 'docker']) {
      ids.push(await buildah('commit', '-q', '--format', format, '--timestamp', '1000', container, `x${n}`));
    }
    await buildah('rm', container);
  }
  assert.equal(ids[0], ids[2]);
  assert.equal(ids[1], ids[3]);
  assert.notEqual(ids[0], ids[1]);
});

test('squashed images have one layer with the whole tree', async (t) => {
  const here = stage(t);
  const { buildah, go } = here;
  await makeBase(here);
  const container = await buildah('from', 'base');
  await buildah('commit', '-q', '--squash', container, 'one');
  assert.equal(JSON.parse(await go('inspect', '--type', 'image', 'one')).OCIv1.rootfs.diff_ids.length, 1);
  const root = await buildah('mount', await buildah('from', 'one'));
  assert.equal(readFileSync(`${root}/etc/old/a`, 'utf8'), 'a');
});

test('committing to a folder leaves the store as it was', async (t) => {
  const here = stage(t);
  const { buildah } = here;
  const container = await makeBase(here);
  const before = readFileSync(`${here.store.root}/overlay-images/images.json`, 'utf8');
  const layers = readFileSync(`${here.store.root}/overlay-layers/layers.json`, 'utf8');
  const id = await buildah('commit', '-q', container, `oci:${here.directory}/layout:v1`);
  const config = await must(peer('skopeo'), ['inspect', '--config', `oci:${here.directory}/layout:v1`]);
  assert.deepEqual(JSON.parse(config).config.Env, ['foo=bar']);
  assert.match(id, /^[0-9a-f]{64}$/);
  assert.equal(readFileSync(`${here.store.root}/overlay-images/images.json`, 'utf8'), before);
  assert.equal(readFileSync(`${here.store.root}/overlay-layers/layers.json`, 'utf8'), layers);
});

test('a commit killed at any moment leaves a store that both tools accept', async (t) => {
  const here = stage(t);
  const { buildah, go } = here;
  await makeBase(here);
  const container = await buildah('from', 'base');
  writeFileSync(`${here.directory}/big`, Buffer.alloc(8 * 1024 * 1024, 7));
  await buildah('copy', '-q', container, `${here.directory}/big`, '/big');
  for (let n = 0; n < 12; n++) {
    const child = spawn(ours('buildah'), [...storeFlags(here.store), 'commit', '-q', container, `k${n}`], {
      stdio: 'ignore',
    });
    const ended = new Promise((resolve) => child.on('close', resolve));
    await new Promise((resolve) => setTimeout(resolve, 40 + n * 30));
    child.kill('SIGKILL');
    await ended;
    const images: { names: string[] | null; id: string }[] = JSON.parse(
      await buildah('images', '--json', '-a', '--no-trunc'),
    );
    for (const { id } of images) await buildah('inspect', '--type', 'image', id.replace('sha256:', ''));
    JSON.parse(await go('images', '--json'));
  }
  await buildah('commit', '-q', container, 'whole');
  await go('push', '-q', 'whole', `dir:${here.directory}/whole`);
});

test('errors are one line, with exit status 125', async (t) => {
  const { store } = stage(t);
  for (const [args, message] of [
    [['from'], 'an image name (or "scratch") must be specified'],
    [['from', 'a', 'b'], 'too many arguments specified'],
    [['from', 'scratch', '--name', 'x'], 'no options (--name) can be specified after the image or container name'],
    [['from', '--pull=never', 'nosuch'], 'nosuch: image not known'],
    [['from', '--pull=bad', 'nosuch'], 'unsupported pull policy "bad"'],
    [['mount', 'nosuch'], 'reading build container "nosuch": container not known'],
    [['config', 'nosuch'], 'reading build container "nosuch": container not known'],
    [['commit', 'nosuch', 'x'], 'reading build container "nosuch": container not known'],
    [['rm', 'nosuch'], 'removing container "nosuch": container not known'],
    [['rm'], 'container ID must be specified'],
    [['umount'], 'at least one container ID must be specified'],
    [['umount', '-a', 'x'], 'when using the --all switch, you may not pass any container IDs'],
    [['inspect', 'nosuch'], 'importing settings: nosuch: image not known'],
    [['push', 'nosuch', 'dir:/x'], 'pushing image "nosuch" to "dir:/x": nosuch: image not known'],
    [['containers', '-f', 'bad'], 'incorrect filter value "bad", should be of form filter=value'],
    [['from', '--nosuch', 'x'], 'unknown flag: --nosuch'],
    [['bud', '.'], 'buildah bud is not built yet in this release'],
    [['nosuch'], 'unknown command "nosuch" for "buildah"'],
  ] as const) {
    const result = await run(ours('buildah'), [...storeFlags(store), ...args]);
    assert.deepEqual(
      { code: result.code, stderr: result.stderr, stdout: result.stdout },
      { code: 125, stderr: `Error: ${message}\n`, stdout: '' },
    );
  }
});

test('an ordinary user builds inside unshare, and is told so outside', async (t) => {
  const user = await makeUser(t);
  const buildah = ours('buildah');
  const container = await user.must(buildah, ['from', 'scratch'], { cwd: '/' });
  const refused = await user.run(buildah, ['mount', container], { cwd: '/' });
  assert.equal(refused.code, 125);
  assert.match(
    refused.stderr,
    /^Error: cannot mount using driver overlay in rootless mode. You need to run it in a `buildah unshare` session\n$/,
  );
  const steps = `set -e; m=$(${buildah} mount ${container}); mkdir $m/bin; cp /bin/busybox $m/bin/sh; ${buildah} umount ${container} >&2; id -u`;
  assert.equal(await user.must(buildah, ['unshare', 'sh', '-c', steps], { cwd: '/' }), '0');
  assert.equal(
    await user.must(buildah, ['unshare', '--mount', `M=${container}`, 'sh', '-c', 'ls $M'], { cwd: '/' }),
    'bin',
  );
  await user.must(buildah, ['config', '--env', 'a=b', container], { cwd: '/' });
  const id = await user.must(buildah, ['commit', '-q', container, 'hello'], { cwd: '/' });
  assert.match(
    await user.must(buildah, ['images'], { cwd: '/' }),
    new RegExp(`localhost/hello +latest +${id.slice(0, 12)} `),
  );
  assert.equal(
    await user.must(buildah, ['inspect', '--format', '{{.Isolation}}', container], { cwd: '/' }),
    'rootless',
  );
  assert.equal((await user.run(buildah, ['unshare', 'sh', '-c', 'exit 7'], { cwd: '/' })).code, 7);
  await user.must(buildah, ['rm', '-a'], { cwd: '/' });
});
