/** What the unpacker makes of headers, one rule of containers/storage's Unpack each. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { after, type TestContext, test } from 'node:test';
import { linux } from '@lighter/linux/native';
import type { EntryType, PathBytes, TarHeader } from '../tar/header.ts';
import { archiveEnd, contentPadding, writeHeader } from '../tar/writer.ts';
import { reassemble } from '../tar-split/reassemble.ts';
import type { StageRequest } from './stage.ts';
import { WorkerPool } from './worker-pool.ts';

const pool = new WorkerPool();
after(() => pool[Symbol.asyncDispose]());

type Entry = Partial<TarHeader> & { readonly name: PathBytes; readonly data?: string };

function archiveOf(...entries: readonly Entry[]): Buffer {
  const parts = entries.flatMap(({ data = '', ...entry }) => {
    const content = Buffer.from(data);
    const type: EntryType = entry.type ?? (entry.name.toString().endsWith('/') ? 'directory' : 'file');
    const header = {
      mode: 0o644,
      uid: 0,
      gid: 0,
      mtimeNs: 10n ** 18n,
      linkname: '',
      deviceMajor: 0,
      deviceMinor: 0,
      ...entry,
    };
    return [writeHeader({ ...header, type, size: content.length }), content, contentPadding(content.length)];
  });
  return Buffer.concat([...parts, archiveEnd()]);
}

async function unpack(t: TestContext, entries: readonly Entry[], request: Partial<StageRequest> = {}): Promise<string> {
  const base = mkdtempSync('/dev/shm/lighter-extractor-');
  t.after(() => rmSync(base, { recursive: true, force: true }));
  const out = `${base}/out`;
  mkdirSync(out, 0o555);
  const archive = archiveOf(...entries);
  const stream = async function* () {
    yield archive;
  };
  await pool.stage({ stream }, { directory: out, tarSplitPath: `${base}/split`, ...request });
  const back: Buffer[] = [];
  for await (const chunk of reassemble(`${base}/split`, [out])) back.push(chunk);
  assert.ok(Buffer.concat(back).equals(archive), 'the archive comes out again');
  return out;
}

const mode = (path: string) => lstatSync(path).mode & 0o7777;
const kind = (path: string | Buffer) => (linux.lstat(path).mode & 0o170000).toString(8);

test('the entry of the root itself is ignored', async (t) => {
  const out = await unpack(t, [
    { name: './', mode: 0o701, uid: 5 },
    { name: './file', data: 'x' },
  ]);
  const { uid } = statSync(out);
  assert.deepEqual([mode(out), uid, readdirSync(out)], [0o555, 0, ['file']]);
});

test('parents that the archive leaves out are root’s, 0755, of now, whatever the umask', async (t) => {
  const before = Math.floor(Date.now() / 1000) - 1;
  const out = await unpack(t, [{ name: 'a/b/file', uid: 5, mode: 0o600 }]);
  for (const path of [`${out}/a`, `${out}/a/b`]) {
    assert.deepEqual([mode(path), statSync(path).uid], [0o755, 0]);
    assert.ok(statSync(path).mtimeMs / 1000 >= before);
  }
  const open = await unpack(t, [
    { name: 'd/', mode: 0o777 },
    { name: 'f', mode: 0o666 },
  ]);
  assert.deepEqual([mode(`${open}/d`), mode(`${open}/f`)], [0o777, 0o666]);
});

test('set-id bits survive the change of owner, sticky bits too', async (t) => {
  const out = await unpack(t, [
    { name: 'su', mode: 0o6755, uid: 7, gid: 8, data: 'x' },
    { name: 'tmp/', mode: 0o1777 },
  ]);
  assert.deepEqual([mode(`${out}/su`), statSync(`${out}/su`).gid, mode(`${out}/tmp`)], [0o6755, 8, 0o1777]);
});

test('a hard link’s header speaks for the file behind it', async (t) => {
  const out = await unpack(t, [
    { name: 'file', data: 'x', mode: 0o600 },
    { name: 'link', type: 'link', linkname: 'file', mode: 0o640, uid: 3, mtimeNs: 5n * 10n ** 17n },
    { name: 'symlink', type: 'symlink', linkname: '/etc/passwd' },
    { name: 'hard', type: 'link', linkname: './symlink', mode: 0o777 },
  ]);
  const { nlink, uid, mtimeMs } = statSync(`${out}/file`);
  assert.deepEqual([nlink, uid, mtimeMs, mode(`${out}/file`)], [2, 3, 5e11, 0o640]);
  assert.equal(lstatSync(`${out}/hard`).ino, lstatSync(`${out}/symlink`).ino);
});

test('times: directories after what is in them, before 1970, and never read before written', async (t) => {
  const out = await unpack(t, [
    { name: 'dir/', mtimeNs: 4n * 10n ** 17n },
    { name: 'dir/file', data: 'x' },
    { name: 'old', mtimeNs: -5n * 10n ** 9n },
  ]);
  assert.equal(statSync(`${out}/dir`).mtimeMs, 4e11);
  assert.equal(statSync(`${out}/old`).mtimeMs, -5000);
  const { atimeNs, mtimeNs } = linux.lstat(`${out}/old`);
  assert.equal(atimeNs, mtimeNs);
});

test('attributes are set as bytes; labels are not', async (t) => {
  const capability = Buffer.from('0100000200200000000000000000000000000000', 'hex');
  const xattrs = new Map([
    ['security.capability', capability],
    ['user.binary', Buffer.from([0, 10, 61, 255])],
    ['trusted.note', Buffer.from('kept')],
    ['security.selinux', Buffer.from('system_u:object_r:etc_t:s0')],
  ]);
  const out = await unpack(t, [
    { name: 'file', data: 'x', xattrs },
    { name: 'dir/', xattrs: new Map([['user.d', Buffer.from('1')]]) },
  ]);
  assert.deepEqual(Buffer.from(linux.lgetxattr(`${out}/file`, 'security.capability') ?? []), capability);
  assert.deepEqual([...(linux.lgetxattr(`${out}/file`, 'user.binary') ?? [])], [0, 10, 61, 255]);
  assert.deepEqual(linux.llistxattr(`${out}/file`).sort(), ['security.capability', 'trusted.note', 'user.binary']);
  assert.equal(linux.lstat(`${out}/file`).mtimeNs, 10n ** 18n);
  assert.deepEqual(linux.llistxattr(`${out}/dir`), ['user.d']);
});

test('names of every length and of any bytes', async (t) => {
  const latin1 = Buffer.from('caf\xe9', 'latin1');
  const names: PathBytes[] = [
    'n'.repeat(100),
    'n'.repeat(101),
    'n'.repeat(255),
    `${'p'.repeat(155)}/${'n'.repeat(100)}`,
    `${'p'.repeat(156)}/${'n'.repeat(99)}`,
    `${'a/'.repeat(150)}n`,
    'ünïcödé',
    'with\nnewline and "quotes" \\ <&>',
    latin1,
    Buffer.concat([Buffer.from('.wh.'), latin1, Buffer.from('2')]),
  ];
  const out = await unpack(
    t,
    names.map((name) => ({ name, data: 'x' })),
  );
  for (const name of names.slice(0, -1)) {
    assert.equal(readFileSync(Buffer.concat([Buffer.from(`${out}/`), Buffer.from(name as string)]), 'utf8'), 'x');
  }
  assert.equal(kind(Buffer.concat([Buffer.from(`${out}/`), latin1, Buffer.from('2')])), '20000', 'a whiteout');
});

test('devices are made as root, and skipped in a user namespace', async (t) => {
  const entries: Entry[] = [
    { name: 'null', type: 'character', deviceMajor: 1, deviceMinor: 3, mode: 0o666 },
    { name: 'disk', type: 'block', deviceMajor: 259, deviceMinor: 300 },
    { name: 'pipe', type: 'fifo', mode: 0o620 },
  ];
  const out = await unpack(t, entries);
  const disk = linux.lstat(`${out}/disk`);
  assert.deepEqual(
    [kind(`${out}/disk`), disk.rdevMajor, disk.rdevMinor, mode(`${out}/null`)],
    ['60000', 259, 300, 0o666],
  );
  assert.deepEqual([kind(`${out}/pipe`), mode(`${out}/pipe`)], ['10000', 0o620]);
  assert.deepEqual(readdirSync(await unpack(t, entries, { userNamespace: true })), ['pipe']);
});

test('whiteouts get their header’s owner, and nothing of a name that this layer adds', async (t) => {
  const out = await unpack(t, [{ name: 'd/.wh.gone', uid: 12, gid: 13, mode: 0o777, data: 'ignored' }]);
  const { uid, gid } = lstatSync(`${out}/d/gone`);
  assert.deepEqual([uid, gid, mode(`${out}/d/gone`)], [12, 13, 0]);
  await assert.rejects(unpack(t, [{ name: 'x', data: '1' }, { name: '.wh.x' }]), { code: 'EEXIST' });
  await assert.rejects(unpack(t, [{ name: '.wh.' }]), { code: 'TAR_INVALID' });
});

test('an opaque mark works before and after what is in the directory, and in user namespaces', async (t) => {
  const after = await unpack(t, [{ name: 'd/' }, { name: 'd/kept', data: 'x' }, { name: 'd/.wh..wh..opq' }]);
  assert.ok(linux.llistxattr(`${after}/d`).includes('trusted.overlay.opaque'));
  assert.deepEqual(readdirSync(`${after}/d`), ['kept']);
  const before = await unpack(t, [{ name: 'd/.wh..wh..opq' }, { name: 'd/', mode: 0o700 }], { userNamespace: true });
  assert.deepEqual([linux.llistxattr(`${before}/d`), mode(`${before}/d`)], [['user.overlay.opaque'], 0o700]);
});

test('a file and a directory replace each other', async (t) => {
  const out = await unpack(t, [
    { name: 'a/' },
    { name: 'a/b', data: 'x' },
    { name: 'link', type: 'symlink', linkname: 'a' },
    { name: 'link/through', data: 'y' },
    { name: 'link/../c', type: 'symlink', linkname: '/etc' },
  ]);
  assert.equal(kind(`${out}/c`), '120000');
  assert.deepEqual(readdirSync(`${out}/a`), ['b', 'through']);
});

test('owners are mapped, those made on the way too', async (t) => {
  const uidMap = [
    { containerId: 0, hostId: 100_000, size: 1000 },
    { containerId: 1000, hostId: 5000, size: 1 },
  ];
  const out = await unpack(t, [{ name: 'made/file', uid: 1000, gid: 7 }], { uidMap });
  assert.deepEqual(
    [statSync(`${out}/made`).uid, statSync(`${out}/made/file`).uid, statSync(`${out}/made/file`).gid],
    [100_000, 5000, 7],
  );
});

test('what is outside is out of reach for links of both kinds', async (t) => {
  const base = mkdtempSync('/dev/shm/lighter-outside-');
  t.after(() => rmSync(base, { recursive: true, force: true }));
  writeFileSync(`${base}/secret`, 'secret');
  for (const linkname of [`${base}/secret`, `../../..${base}/secret`, '/etc/passwd']) {
    await assert.rejects(unpack(t, [{ name: 'hard', type: 'link', linkname }]), { code: 'ENOENT' });
  }
  await assert.rejects(
    unpack(t, [
      { name: 'l', type: 'symlink', linkname: base },
      { name: 'l/secret', data: 'overwritten' },
    ]),
    { code: 'ENOENT' },
  );
  assert.equal(readFileSync(`${base}/secret`, 'utf8'), 'secret');
  assert.equal(execFileSync('ls', [base], { encoding: 'utf8' }), 'secret\n');
});

test('a full disk is said by its name, and the worker goes on', async (t) => {
  const base = mkdtempSync('/dev/shm/lighter-full-');
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', base]);
  t.after(() => {
    execFileSync('umount', [base]);
    rmSync(base, { recursive: true });
  });
  mkdirSync(`${base}/out`);
  await assert.rejects(unpack(t, [{ name: 'large', data: 'x'.repeat(100_000) }], { directory: `${base}/out` }), {
    code: 'ENOSPC',
  });
  await unpack(t, [{ name: 'small', data: 'x' }]);
});
