/** Reading and making things inside a tree whose links try to lead out. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { makeDirectoryInRoot, readFileInRoot, realpathInRoot, statusInRoot } from './rootfs.ts';

function tree(t: TestContext): string {
  const base = mkdtempSync('/dev/shm/lighter-rootfs-');
  t.after(() => rmSync(base, { recursive: true, force: true }));
  mkdirSync(`${base}/root/etc`, { recursive: true });
  writeFileSync(`${base}/secret`, 'secret');
  writeFileSync(`${base}/root/etc/passwd`, 'root:x:0:0');
  symlinkSync('/etc', `${base}/root/absolute`);
  symlinkSync('../../../../../..', `${base}/root/up`);
  symlinkSync(`${base}/secret`, `${base}/root/out`);
  symlinkSync('loop', `${base}/root/loop`);
  return base;
}

test('links are followed inside only', (t) => {
  const root = `${tree(t)}/root`;
  for (const path of ['etc/passwd', '/etc/passwd', 'absolute/passwd', 'up/etc/passwd', '../etc/passwd'])
    assert.equal(readFileInRoot(root, path, 100)?.toString(), 'root:x:0:0', path);
  for (const path of ['out', 'missing', 'etc/passwd/below', 'absolute/shadow'])
    assert.equal(readFileInRoot(root, path, 100), undefined, path);
  assert.throws(() => readFileInRoot(root, 'loop', 100), { code: 'ELOOP' });
  assert.equal(realpathInRoot(root, 'up/absolute/passwd'), 'etc/passwd');
  assert.equal(realpathInRoot(root, 'up'), '');
  assert.equal(statusInRoot(root, 'absolute/passwd')?.size, 10);
  assert.equal(statusInRoot(root, 'out'), undefined);
});

test('only regular files are read, and no more than asked for', (t) => {
  const root = `${tree(t)}/root`;
  execFileSync('mkfifo', [`${root}/fifo`]);
  for (const path of ['fifo', 'etc']) assert.throws(() => readFileInRoot(root, path, 100), { code: 'PATH_INVALID' });
  assert.throws(() => readFileInRoot(root, 'etc/passwd', 9), { code: 'LIMIT_EXCEEDED' });
  assert.equal(readFileInRoot(root, 'etc/passwd', 10)?.length, 10);
});

test('directories are made inside only', (t) => {
  const base = tree(t);
  makeDirectoryInRoot(`${base}/root`, '/absolute/a/b');
  makeDirectoryInRoot(`${base}/root`, 'up/new');
  assert.ok(statSync(`${base}/root/etc/a/b`).isDirectory());
  assert.ok(statSync(`${base}/root/new`).isDirectory());
  assert.ok(!existsSync('/etc/a') && !existsSync('/new'));
});
