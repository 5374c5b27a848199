/** Copies between trees, against `cp -a`, and into trees whose links try to lead out. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { type TestContext, test } from 'node:test';
import { treeListing } from '../testing/tree-listing.ts';
import { ContentDigest } from './content-digest.ts';
import { copyDirectory, copyFile } from './copy-tree.ts';

function scratch(t: TestContext): string {
  const directory = mkdtempSync('/dev/shm/lighter-copy-');
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  for (const name of ['from', 'to']) mkdirSync(`${directory}/${name}`);
  return directory;
}

function shell(directory: string, script: string): void {
  execFileSync('sh', ['-ec', script], { cwd: directory });
}

test('a tree is copied as cp -a does, with links, owners, modes, times and attributes', async (t) => {
  const base = scratch(t);
  shell(
    `${base}/from`,
    `mkdir -p dir/deep empty; echo hello > file; ln file dir/hard; ln -s ../nowhere dir/link; mkfifo pipe; mknod node c 1 3
    head -c 3000000 /dev/urandom > large; chown 12:34 dir large; chmod 4711 file; chmod 1777 empty
    setcap cap_net_raw+ep large; touch -d '2001-02-03 04:05:06.789012345' dir/deep large file; touch -d 1999-01-01 dir
    touch -h -d 1998-01-01 dir/link; printf x > "$(printf 'latin1-\\351')"; touch -d 2000-01-01 .`,
  );
  const result = await copyDirectory({ root: `${base}/from`, path: '' }, { root: base, path: 'to/a/b' }, { top: true });
  execFileSync('cp', ['-a', `${base}/from`, `${base}/cp`]);
  assert.deepEqual(treeListing(`${base}/to/a/b`), treeListing(`${base}/cp`));
  assert.equal(lstatSync(`${base}/to/a/b`).mtime.getFullYear(), 2000);
  assert.equal(result.entries, 10);
  assert.equal(result.bytes, 3_000_007);
});

test('owner, mode and time of everything can be given', async (t) => {
  const base = scratch(t);
  shell(`${base}/from`, 'mkdir d; echo x > d/f; chmod 4755 d/f; ln -s f d/l');
  const options = { owner: { uid: 5, gid: 6 }, dropSetId: true, timestamp: 1_000_000_000 };
  await copyDirectory({ root: base, path: 'from' }, { root: base, path: 'to' }, options);
  for (const path of ['d', 'd/f', 'd/l']) {
    const { uid, gid, mtimeMs } = lstatSync(`${base}/to/${path}`);
    assert.deepEqual([uid, gid, mtimeMs], [5, 6, 1e12], path);
  }
  assert.equal(lstatSync(`${base}/to/d/f`).mode & 0o7777, 0o755);
  await copyDirectory({ root: base, path: 'from' }, { root: base, path: 'to' }, { mode: 0o640 });
  assert.equal(lstatSync(`${base}/to/d/f`).mode & 0o7777, 0o640);
});

test('links in the destination lead nowhere outside it', async (t) => {
  const base = scratch(t);
  shell(
    `${base}/from`,
    'mkdir abs up dangling; for d in abs up dangling; do echo new > $d/file; done; echo new > link',
  );
  mkdirSync(`${base}/outside`);
  writeFileSync(`${base}/outside/file`, 'old');
  symlinkSync(`${base}/outside`, `${base}/to/abs`);
  symlinkSync('../../../../../../..', `${base}/to/up`);
  symlinkSync('/nowhere', `${base}/to/dangling`);
  symlinkSync(`${base}/outside/file`, `${base}/to/link`);
  await copyDirectory({ root: base, path: 'from' }, { root: `${base}/to`, path: '/' });
  assert.equal(readFileSync(`${base}/outside/file`, 'utf8'), 'old');
  assert.equal(readFileSync(`${base}/to/file`, 'utf8'), 'new\n', '.. stops at the root');
  assert.ok(lstatSync(`${base}/to/link`).isFile());
  assert.ok(!existsSync('/file') && !existsSync('/nowhere'));
});

test('links of the source are followed inside it only where they are named', async (t) => {
  const base = scratch(t);
  writeFileSync(`${base}/secret`, 'secret');
  symlinkSync('/secret', `${base}/from/absolute`);
  symlinkSync('../secret', `${base}/from/up`);
  writeFileSync(`${base}/from/real`, 'real');
  symlinkSync('/real', `${base}/from/fine`);
  for (const path of ['absolute', 'up']) {
    await assert.rejects(copyFile({ root: `${base}/from`, path }, { root: `${base}/to`, path: 'x' }), {
      code: 'ENOENT',
    });
  }
  await copyFile({ root: `${base}/from`, path: 'fine' }, { root: `${base}/to`, path: '/new/name' });
  assert.equal(readFileSync(`${base}/to/new/name`, 'utf8'), 'real');
});

test('what is in the way is replaced in a merge, but not a named destination', async (t) => {
  const base = scratch(t);
  shell(
    base,
    'mkdir from/dir to/file to/kept; echo x > from/file; echo y > to/dir; echo z > to/file/inner; echo z > to/kept/z',
  );
  await copyDirectory({ root: base, path: 'from' }, { root: base, path: 'to' });
  assert.ok(lstatSync(`${base}/to/dir`).isDirectory());
  assert.equal(readFileSync(`${base}/to/file`, 'utf8'), 'x\n');
  assert.deepEqual(readdirSync(`${base}/to`).sort(), ['dir', 'file', 'kept']);
  await assert.rejects(copyDirectory({ root: base, path: 'from' }, { root: base, path: 'to/file' }), {
    code: 'PATH_INVALID',
    message: /already exists but is not a directory/,
  });
});

test('a link on the way that leads nowhere gets its directory, inside', async (t) => {
  const base = scratch(t);
  shell(base, 'mkdir to/var; ln -s /run to/var/run; echo x > from/file; ln -s loop to/loop');
  await copyFile({ root: base, path: 'from/file' }, { root: `${base}/to`, path: '/var/run/app/file' });
  assert.equal(readFileSync(`${base}/to/run/app/file`, 'utf8'), 'x\n');
  await assert.rejects(copyFile({ root: base, path: 'from/file' }, { root: `${base}/to`, path: 'loop/file' }), {
    code: 'PATH_INVALID',
  });
});

test('entries can be left out, with or without what is in them', async (t) => {
  const base = scratch(t);
  shell(`${base}/from`, 'mkdir -p out/in search/keep; echo 1 > out/in/f; echo 2 > search/keep/f; echo 3 > search/drop');
  await copyDirectory(
    { root: base, path: 'from' },
    { root: base, path: 'to' },
    {
      include: (path, isDirectory) =>
        path === 'search' && isDirectory ? 'contents' : path !== 'out' && path !== 'search/drop',
    },
  );
  assert.deepEqual(
    treeListing(`${base}/to`).map((line) => line.split(' ')[0]),
    ['search', 'search/keep', 'search/keep/f'],
  );
});

test('an aborted copy stops', async (t) => {
  const base = scratch(t);
  shell(`${base}/from`, 'for i in $(seq 3000); do : > $i; done');
  const abort = new AbortController();
  const copying = copyDirectory({ root: base, path: 'from' }, { root: base, path: 'to' }, { signal: abort.signal });
  abort.abort(new Error('enough'));
  await assert.rejects(copying, /enough/);
});

test('the digest is what buildah records', async (t) => {
  const base = scratch(t);
  shell(`${base}/from`, `mkdir ctx; echo hello > ctx/file; chmod 644 ctx/file; chown 12345:23456 ctx/file`);
  const [file, directory] = [new ContentDigest(), new ContentDigest()];
  const options = { owner: { uid: 0, gid: 0 } };
  await copyFile(
    { root: base, path: 'from/ctx/file' },
    { root: base, path: 'to/f/file' },
    { ...options, digest: file },
  );
  await copyDirectory(
    { root: base, path: 'from/ctx' },
    { root: base, path: 'to/d' },
    { ...options, digest: directory },
  );
  assert.equal(file.finish(), directory.finish(), 'one file makes the same stream either way');
  const peer = new ContentDigest();
  await copyFile(
    { root: base, path: 'from/ctx/file' },
    { root: base, path: 'to/g/file' },
    { ...options, digest: peer },
  );
  assert.equal(`${buildahDigest(`${base}/from/ctx/file`, base)}`, `file:${peer.finish()}`);
});

/** What Debian's buildah writes into the history. Its generation puts in owners' names, which the source's ids here don't have. */
function buildahDigest(path: string, base: string): string {
  const buildah = (...args: string[]) =>
    execFileSync(
      '/usr/bin/buildah',
      ['--root', `${base}/root`, '--runroot', `${base}/run`, '--storage-driver', 'vfs', ...args],
      {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
      },
    ).trim();
  const container = buildah('from', 'scratch');
  buildah('copy', '--add-history', '--chown', '0:0', container, path, '/');
  const inspected = JSON.parse(buildah('inspect', container)) as { OCIv1: { history?: { created_by: string }[] } };
  buildah('rm', container);
  return (
    /(\S+:[0-9a-f]{64})/.exec(inspected.OCIv1.history?.at(-1)?.created_by ?? JSON.stringify(inspected))?.[1] ??
    'no digest found'
  );
}
