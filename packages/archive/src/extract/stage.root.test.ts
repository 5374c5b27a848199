/** Extraction against GNU tar, over real archives and nasty ones. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { after, type TestContext, test } from 'node:test';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { linux } from '@lighter/linux/native';
import type { ArchiveError } from '../errors.ts';
import { reassemble } from '../tar-split/reassemble.ts';
import { treeListing } from '../testing/tree-listing.ts';
import type { StageRequest } from './stage.ts';
import { WorkerPool } from './worker-pool.ts';

const pool = new WorkerPool();
after(() => pool[Symbol.asyncDispose]());

function scratch(t: TestContext): string {
  const directory = mkdtempSync('/dev/shm/lighter-archive-');
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

function stage(base: string, blob: Buffer, request: Partial<StageRequest> = {}) {
  const directory = `${base}/out`;
  mkdirSync(directory, { recursive: true });
  writeFileSync(`${base}/blob`, blob);
  return pool.stage(
    { recipe: { kind: 'file', path: `${base}/blob` }, stream: () => assert.fail('the recipe must be used') },
    { directory, tarSplitPath: `${base}/split-${Math.random()}`, ...request },
  );
}

const sha256 = (data: Buffer) => `sha256:${createHash('sha256').update(data).digest('hex')}`;

/** A tar made by hand, so that it can be wrong. */
function tar(
  ...entries: {
    name: string | Buffer;
    type?: string;
    size?: number;
    data?: Buffer | string;
    link?: string;
    mode?: number;
    uid?: number;
    major?: number;
  }[]
): Buffer {
  const blocks: Buffer[] = [];
  for (const { name, type = '0', data = '', link = '', mode = 0o644, uid = 0, size, major = 0 } of entries) {
    const header = Buffer.alloc(512);
    Buffer.from(name as string).copy(header, 0, 0, 100);
    const octal = (value: number, at: number, length: number) =>
      header.write(`${value.toString(8).padStart(length - 1, '0')}\0`, at);
    octal(mode, 100, 8);
    octal(uid, 108, 8);
    octal(0, 116, 8);
    octal(size ?? Buffer.byteLength(data as string), 124, 12);
    octal(1_700_000_000, 136, 12);
    header.write(type, 156);
    header.write(link, 157);
    header.write('ustar\x0000', 257);
    octal(major, 329, 8);
    octal(3, 337, 8);
    header.fill(' ', 148, 156);
    header.write(
      `${[...header]
        .reduce((sum, byte) => sum + byte, 0)
        .toString(8)
        .padStart(6, '0')}\0 `,
      148,
    );
    const content = Buffer.from(data as string);
    blocks.push(header, content, Buffer.alloc((512 - (content.length % 512)) % 512));
  }
  return Buffer.concat([...blocks, Buffer.alloc(1024)]);
}

test('a real tree comes out as GNU tar extracts it, and goes back to the same bytes', async (t) => {
  const base = scratch(t);
  const tree = `${base}/tree`;
  mkdirSync(`${tree}/dir/deep`, { recursive: true });
  execFileSync('sh', [
    '-c',
    `cd ${tree}
    cp -a /usr/share/perl5 real; echo hello > file; ln file hard; ln -s ../nowhere link; mkfifo pipe; mknod node c 1 3
    chmod 4711 file; chown 12345:23456 dir; touch -d '2001-02-03 04:05:06.789012345' dir/deep/old; touch -h -d '1999-01-01' link
    setcap cap_net_raw+ep real/Debconf.pm 2>/dev/null || true; setfattr -n user.note -v value dir/deep/old 2>/dev/null || true
    printf x > "$(printf 'latin1-\\351')"; mkdir -p ${'n'.repeat(90)}/${'m'.repeat(120)}; echo long > ${'n'.repeat(90)}/${'m'.repeat(120)}/${'o'.repeat(200)}
    truncate -s 3M big; printf end >> big`,
  ]);
  for (const format of ['pax', 'gnu']) {
    const archive = execFileSync(
      'tar',
      [
        '-C',
        tree,
        `--format=${format}`,
        '--numeric-owner',
        ...(format === 'pax' ? ['--xattrs', '--xattrs-include=*'] : []),
        '-cf',
        '-',
        '.',
      ],
      { maxBuffer: 1 << 30 },
    );
    const gnu = `${base}/gnu-${format}`;
    mkdirSync(gnu);
    execFileSync('tar', ['-C', gnu, '--numeric-owner', '--xattrs', '--xattrs-include=*', '-xpf', '-'], {
      input: archive,
    });
    const out = `${base}/out-${format}`;
    mkdirSync(out);
    const split = `${base}/${format}.split`;
    const result = await stage(base, gzipSync(archive), { directory: out, tarSplitPath: split });
    assert.deepEqual(treeListing(out), treeListing(gnu));
    assert.equal(result.diffDigest, sha256(archive));
    assert.equal(result.diffSize, archive.length);
    assert.equal(result.compression, 2);
    assert.ok(result.uids.includes(12345) && result.gids.includes(23456));
    const back: Buffer[] = [];
    for await (const chunk of reassemble(split, [out])) back.push(Buffer.from(chunk));
    assert.equal(sha256(Buffer.concat(back)), result.diffDigest);
  }
});

test('trailing bytes behind the end are kept in the tar-split', async (t) => {
  const base = scratch(t);
  const archive = Buffer.concat([tar({ name: 'a', data: 'x' }), Buffer.alloc(9000), Buffer.from('garbage')]);
  const result = await stage(base, archive, { tarSplitPath: `${base}/split` });
  assert.equal(result.compression, 0);
  const back: Buffer[] = [];
  for await (const chunk of reassemble(`${base}/split`, [`${base}/out`])) back.push(Buffer.from(chunk));
  assert.ok(Buffer.concat(back).equals(archive));
});

test('sparse files are expanded without taking space, and go back to the same bytes', async (t) => {
  const base = scratch(t);
  execFileSync(
    'sh',
    [
      '-ec',
      `mkdir tree; cd tree; echo plain > a; truncate -s 50M b; printf middle | dd of=b bs=1 seek=20000000 conv=notrunc status=none
    truncate -s 3M c; printf start | dd of=c conv=notrunc status=none; truncate -s 1M d; printf end >> d
    for i in $(seq 0 90); do printf x | dd of=e bs=1 seek=$((i * 8192)) conv=notrunc status=none; done; echo plain > f; touch -d 2001-01-01 *`,
    ],
    { cwd: base },
  );
  const archive = execFileSync(
    'tar',
    ['-C', `${base}/tree`, '--format=pax', '--sparse', '--numeric-owner', '-cf', '-', '.'],
    {
      maxBuffer: 1 << 26,
    },
  );
  assert.ok(archive.length < 2_000_000, 'tar found the holes');
  const result = await stage(base, archive, { tarSplitPath: `${base}/split` });
  assert.deepEqual(treeListing(`${base}/out`), treeListing(`${base}/tree`));
  assert.ok(statSync(`${base}/out/b`).blocks < 1000);
  const back: Buffer[] = [];
  for await (const chunk of reassemble(`${base}/split`, [`${base}/out`])) back.push(Buffer.from(chunk));
  assert.equal(sha256(Buffer.concat(back)), result.diffDigest);
});

test('every zstd frame and every gzip member is read', async (t) => {
  const base = scratch(t);
  const archive = tar(
    { name: 'a', data: 'first' },
    { name: 'b', data: Buffer.alloc(300_000, 'b') },
    { name: 'c', data: 'last' },
  );
  const cut = 700;
  const skippable = Buffer.concat([Buffer.from('502a4d1805000000', 'hex'), Buffer.from('skip!')]);
  for (const [name, blob] of Object.entries({
    zstd: Buffer.concat([
      skippable,
      zstdCompressSync(archive.subarray(0, cut)),
      skippable,
      zstdCompressSync(archive.subarray(cut)),
      skippable,
    ]),
    gzip: Buffer.concat([gzipSync(archive.subarray(0, cut)), gzipSync(archive.subarray(cut))]),
    xz: execFileSync('xz', ['-c'], { input: archive }),
    bzip2: execFileSync('bzip2', ['-c'], { input: archive }),
  })) {
    const out = `${base}/${name}`;
    mkdirSync(out);
    const result = await stage(base, blob, { directory: out });
    assert.equal(result.diffDigest, sha256(archive), name);
    assert.equal(readFileSync(`${out}/c`, 'utf8'), 'last');
  }
});

test('whiteouts and opaque directories become overlay’s own', async (t) => {
  const base = scratch(t);
  await stage(
    base,
    tar(
      { name: 'dir/', type: '5', mode: 0o755 },
      { name: 'dir/.wh.gone' },
      { name: 'dir/.wh..wh..opq' },
      { name: 'new/.wh.deep' },
      { name: 'file' },
      { name: 'file/.wh.below' },
    ),
  );
  const gone = linux.lstat(`${base}/out/dir/gone`);
  assert.deepEqual([gone.mode & 0o170000, gone.rdevMajor, gone.rdevMinor], [0o020000, 0, 0]);
  assert.equal(Buffer.from(linux.lgetxattr(`${base}/out/dir`, 'trusted.overlay.opaque') ?? []).toString(), 'y');
  assert.equal(linux.lstat(`${base}/out/new/deep`).mode & 0o170000, 0o020000);
});

test('nothing is written outside, whatever the names and links say', async (t) => {
  const base = scratch(t);
  writeFileSync(`${base}/outside`, 'untouched');
  mkdirSync(`${base}/out`);
  await stage(
    base,
    tar(
      { name: '../escape', data: '1' },
      { name: '/absolute', data: '2' },
      { name: 'a/../../b', data: '3' },
      { name: 'up', type: '2', link: '../..' },
      { name: 'root', type: '2', link: '/' },
      { name: 'root/through', data: '4' },
      { name: 'up/through2', data: '5' },
    ),
  );
  assert.deepEqual(readdirSync(`${base}/out`).sort(), ['absolute', 'b', 'escape', 'root', 'through', 'through2', 'up']);
  assert.equal(readFileSync(`${base}/outside`, 'utf8'), 'untouched');
  assert.ok(!existsSync('/through') && !existsSync('/through2') && !existsSync(`${base}/through2`));
  await assert.rejects(stage(base, tar({ name: 'hard', type: '1', link: `..${base}/outside` })), /ENOENT|no such file/);
});

test('an entry replaces what an earlier one made, of whatever kind', async (t) => {
  const base = scratch(t);
  await stage(
    base,
    tar({ name: 'x/', type: '5' }, { name: 'x/y', data: '1' }, { name: 'z', type: '2', link: '/etc/passwd' }),
  );
  await stage(base, tar({ name: 'x', data: 'file now' }, { name: 'z', data: 'no link' }));
  assert.equal(readFileSync(`${base}/out/x`, 'utf8'), 'file now');
  assert.equal(readFileSync(`${base}/out/z`, 'utf8'), 'no link');
});

/** Bytes that don't compress, the same each time. */
const noise = Buffer.concat(Array.from({ length: 200 }, (_, n) => createHash('sha256').update(`${n}`).digest()));

function damaged(blob: Buffer): Buffer {
  blob.fill(0xff, 3000, 3100);
  return blob;
}

/** A PAX header in front of an entry. */
function withPax(records: string, ...entries: Parameters<typeof tar>): Buffer {
  const lines = records.split(' ').map((record) => {
    const length = record.length + 2 + `${record.length + 4}`.length;
    return `${length} ${record}\n`;
  });
  return tar({ name: 'x', type: 'x', data: lines.join('') }, ...entries);
}

const sparse = (size: string) => `GNU.sparse.major=1 GNU.sparse.minor=0 GNU.sparse.name=s GNU.sparse.realsize=${size}`;
const map = (text: string, data = '') => `${text.padEnd(512, '\0')}${data}`;

const refused: readonly (readonly [string, Buffer, RegExp, Partial<StageRequest>?])[] = [
  ['a damaged header', Buffer.alloc(2048, 'x'), /checksum/],
  ['a size larger than the archive', tar({ name: 'a', size: 100_000, data: 'x' }).subarray(0, 2048), /unexpected end/],
  ['the same path twice', tar({ name: 'a' }, { name: './a' }), /duplicates of file paths/],
  ['a GNU sparse file', tar({ name: 'a', type: 'S' }), /header type 83/],
  ['a sparse file of an old format', withPax('GNU.sparse.major=0', { name: 'a' }), /old format/],
  ['a sparse file larger than allowed', withPax(sparse('9999999999999'), { name: 'a', data: map('0\n') }), /at most/],
  ['a sparse file without a map', withPax(sparse('10'), { name: 'a' }), /without a map/],
  [
    'a sparse map that lies about its pieces',
    withPax(sparse('10'), { name: 'a', data: map('1\n0\n5\n', 'abc') }),
    /wrong map/,
  ],
  ['a sparse map beyond the file', withPax(sparse('10'), { name: 'a', data: map('1\n8\n3\n', 'abc') }), /wrong map/],
  [
    'a sparse map that overlaps',
    withPax(sparse('10'), { name: 'a', data: map('2\n4\n2\n3\n2\n', 'abcd') }),
    /wrong map/,
  ],
  ['a sparse map that is no map', withPax(sparse('10'), { name: 'a', data: map('zero\n') }), /wrong map/],
  ['a sparse map without end', withPax(sparse('10'), { name: 'a', data: map('9999\n') }), /wrong map/],
  ['an endless PAX header', tar({ name: 'x', type: 'x', size: 1 << 30 }), /extension header/],
  [
    'more uncompressed bytes than allowed',
    gzipSync(tar({ name: 'a', data: Buffer.alloc(5_000_000) })),
    /larger than 1000000 bytes/,
    { maxBytes: 1_000_000 },
  ],
  [
    'more entries than allowed',
    tar({ name: 'a' }, { name: 'b' }, { name: 'c' }),
    /more than 2 entries/,
    { maxEntries: 2 },
  ],
  ['another digest', tar({ name: 'a' }), /Digest did not match/, { digest: `sha256:${'0'.repeat(64)}` }],
  ['damaged gzip data', damaged(gzipSync(tar({ name: 'a', data: noise }))), /gzip/],
  ['truncated gzip data', gzipSync(tar({ name: 'a', data: noise })).subarray(0, 3000), /gzip: unexpected end/],
  ['truncated zstd data', zstdCompressSync(tar({ name: 'a', data: noise })).subarray(0, 3000), /zstd: unexpected end/],
  [
    'an id outside the map',
    tar({ name: 'a', uid: 70_000 }),
    /70000 cannot be mapped/,
    { uidMap: [{ containerId: 0, hostId: 100_000, size: 65_536 }] },
  ],
];
for (const [what, blob, message, request] of refused) {
  test(`refused: ${what}`, async (t) => {
    await assert.rejects(stage(scratch(t), blob, request), (error: ArchiveError) => {
      assert.match(error.message, message);
      return true;
    });
  });
}

test('a file changed since is noticed on reassembly', async (t) => {
  const base = scratch(t);
  await stage(base, tar({ name: 'a', data: 'content' }), { tarSplitPath: `${base}/split` });
  writeFileSync(`${base}/out/a`, 'CONTENT');
  await assert.rejects(
    async () => {
      for await (const _chunk of reassemble(`${base}/split`, [`${base}/out`]));
    },
    { code: 'INTEGRITY' },
  );
});

test('a stream without a recipe goes through the worker too, and an abort ends it', async (t) => {
  const base = scratch(t);
  const archive = tar({ name: 'a', data: Buffer.alloc(20_000_000, 'a') });
  mkdirSync(`${base}/out`);
  async function* pieces() {
    for (let at = 0; at < archive.length; at += 100_000) yield archive.subarray(at, at + 100_000);
  }
  const result = await pool.stage({ stream: pieces }, { directory: `${base}/out`, tarSplitPath: `${base}/split` });
  assert.equal(result.diffDigest, sha256(archive));
  const abort = new AbortController();
  async function* endless() {
    for (let n = 0; ; n++) {
      if (n === 10) abort.abort(new Error('enough'));
      yield archive.subarray(0, 512);
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  }
  mkdirSync(`${base}/out2`);
  await assert.rejects(
    pool.stage(
      { stream: endless },
      { directory: `${base}/out2`, tarSplitPath: `${base}/split2` },
      { signal: abort.signal },
    ),
    /enough|duplicates/,
  );
});
