/** What lands where: the table of upstream's behaviour, on two plain directories. */
import assert from 'node:assert/strict';
import {
  chmodSync,
  chownSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { type TestContext, test } from 'node:test';
import { copyInto } from './copy-into.ts';
import type { CopyRequest } from './copy-request.ts';

function places(t: TestContext): { context: string; root: string } {
  const base = mkdtempSync('/dev/shm/lighter-build-copy-');
  t.after(() => rmSync(base, { recursive: true }));
  const context = `${base}/context`;
  const root = `${base}/root`;
  mkdirSync(`${context}/d/sub`, { recursive: true });
  mkdirSync(`${root}/w/dir`, { recursive: true });
  mkdirSync(`${root}/etc`);
  writeFileSync(`${root}/etc/passwd`, 'root:x:0:0::/:\napp:x:1000:1001::/:\n');
  writeFileSync(`${root}/etc/group`, 'extra:x:1002:app\n');
  writeFileSync(`${root}/w/file`, 'old');
  writeFileSync(`${context}/f`, 'f');
  writeFileSync(`${context}/g`, 'g');
  writeFileSync(`${context}/d/a`, 'a');
  writeFileSync(`${context}/d/sub/b`, 'b');
  symlinkSync('d/a', `${context}/lnk`);
  symlinkSync('d', `${context}/dlnk`);
  symlinkSync('nowhere', `${context}/dang`);
  symlinkSync('../../../../etc/passwd', `${context}/out`);
  return { context, root };
}

const read = (path: string) => readFileSync(path, 'utf8');

test('one file', async (t) => {
  const { context, root } = places(t);
  const copy = (destination?: string) =>
    copyInto(root, '/w', { sources: ['f'], context, ...(destination === undefined ? {} : { destination }) });
  for (const [destination, lands] of [
    ['new', 'w/new'],
    ['/x/y/new', 'x/y/new'],
    ['file', 'w/file'],
    ['dir', 'w/dir/f'],
    ['made/', 'w/made/f'],
    ['made2/.', 'w/made2/f'],
    ['', 'w/f'],
    ['.', 'w/f'],
    [undefined, 'w/f'],
    ['/w', 'w/f'],
  ] as const) {
    rmSync(`${root}/${lands}`, { force: true });
    await copy(destination);
    assert.equal(read(`${root}/${lands}`), 'f', `${destination}`);
  }
  assert.equal(statSync(`${root}/x/y`).mode & 0o777, 0o755);
});

test('one directory: its contents are merged', async (t) => {
  const { context, root } = places(t);
  for (const source of ['d', 'd/', 'dlnk']) {
    const destination = `/to-${source.replace('/', '-')}`;
    mkdirSync(`${root}${destination}`);
    writeFileSync(`${root}${destination}/kept`, '');
    mkdirSync(`${root}${destination}/a`);
    await copyInto(root, '/', { sources: [source], context, destination });
    assert.deepEqual(readdirSync(`${root}${destination}`).sort(), ['a', 'kept', 'sub']);
    assert.equal(read(`${root}${destination}/a`), 'a');
  }
  await assert.rejects(copyInto(root, '/', { sources: ['d'], context, destination: '/w/file' }), {
    message: 'destination /w/file already exists but is not a directory',
  });
});

test('several sources and patterns go into a directory', async (t) => {
  const { context, root } = places(t);
  await copyInto(root, '/', { sources: ['f', 'g', 'd'], context, destination: '/many' });
  assert.deepEqual(readdirSync(`${root}/many`).sort(), ['a', 'f', 'g', 'sub']);
  await copyInto(root, '/', { sources: ['[fg]'], context, destination: '/glob' });
  assert.deepEqual(readdirSync(`${root}/glob`).sort(), ['f', 'g']);
  await copyInto(root, '/', { sources: ['**/b'], context, destination: '/deep' });
  assert.deepEqual(readdirSync(`${root}/deep`), ['b']);
  await assert.rejects(copyInto(root, '/', { sources: ['nope*'], context }), {
    message: `checking on sources under ${JSON.stringify(context)}: copier: stat: ["/nope*"]: no such file or directory`,
  });
  await assert.rejects(copyInto(root, '/', { sources: ['../f2'], context }), /stat: "\/\.\.\/f2": no such file/);
});

test('links: followed when named, kept inside, never out of either tree', async (t) => {
  const { context, root } = places(t);
  await copyInto(root, '/', { sources: ['lnk'], context, destination: '/named' });
  assert.ok(lstatSync(`${root}/named`).isFile());
  await assert.rejects(copyInto(root, '/', { sources: ['dang'], context }), /no such file or directory/);
  await assert.rejects(copyInto(root, '/', { sources: ['out'], context }), /no such file or directory/);
  symlinkSync('sub/b', `${context}/d/inner`);
  await copyInto(root, '/', { sources: ['d'], context, destination: '/walked' });
  assert.equal(readlinkSync(`${root}/walked/inner`), 'sub/b');
  symlinkSync('../../../../../../tmp', `${root}/escape`);
  await assert.rejects(copyInto(root, '/', { sources: ['f'], context, destination: '/escape/x' }), /leads nowhere/);
  mkdirSync(`${root}/tmp`);
  await copyInto(root, '/', { sources: ['f'], context, destination: '/escape/lighter-copy-test' });
  assert.equal(read(`${root}/tmp/lighter-copy-test`), 'f');
  assert.ok(!existsSync('/tmp/lighter-copy-test'));
});

test('hard links among what is copied stay hard links', async (t) => {
  const { context, root } = places(t);
  linkSync(`${context}/d/a`, `${context}/d/z`);
  await copyInto(root, '/', { sources: ['d'], context, destination: '/h' });
  assert.equal(statSync(`${root}/h/a`).ino, statSync(`${root}/h/z`).ino);
});

test('owners, modes and times', async (t) => {
  const { context, root } = places(t);
  chownSync(`${context}/f`, 55, 66);
  chmodSync(`${context}/f`, 0o4751);
  utimesSync(`${context}/f`, 1000, 2000);
  const owner = async (destination: string, options: Partial<CopyRequest>) => {
    await copyInto(root, '/', { sources: ['f'], context, destination, ...options });
    const { uid, gid } = statSync(root + destination);
    return `${uid}:${gid}`;
  };
  assert.equal(await owner('/o1', {}), '0:0');
  assert.equal(await owner('/o2', { preserveOwner: true }), '55:66');
  assert.equal(await owner('/o3', { chown: 'app' }), '1000:1001');
  assert.equal(await owner('/o4', { chown: 'app:extra' }), '1000:1002');
  assert.equal(await owner('/o5', { chown: '7' }), '7:7');
  assert.equal(await owner('/o6', { chown: ':extra' }), '0:1002');
  assert.equal(await owner('/o7/x', { chown: '7:8' }), '7:8');
  assert.equal(statSync(`${root}/o7`).uid, 7);
  await assert.rejects(owner('/o8', { chown: 'nobody-here' }), /looking up UID\/GID for "nobody-here"/);
  assert.equal(statSync(`${root}/o1`).mode & 0o7777, 0o4751);
  assert.equal(statSync(`${root}/o1`).mtimeMs, 2_000_000);
  await owner('/m1', { chmod: '0640', timestamp: 5 });
  assert.equal(statSync(`${root}/m1`).mode & 0o7777, 0o640);
  assert.equal(statSync(`${root}/m1`).mtimeMs, 5000);
  await assert.rejects(owner('/m2', { chmod: 'u+x' }), /parsing chmod "u\+x"/);
});

test('archives are refused where they would have to be unpacked', async (t) => {
  const { context, root } = places(t);
  writeFileSync(`${context}/a.tgz`, Buffer.from('1f8b0800', 'hex'));
  await assert.rejects(copyInto(root, '/', { sources: ['a.tgz'], context, unpack: true }), { code: 'UNSUPPORTED' });
  await copyInto(root, '/', { sources: ['a.tgz'], context });
  assert.ok(existsSync(`${root}/a.tgz`));
});
