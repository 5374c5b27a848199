import assert from 'node:assert/strict';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, statSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { after, test } from 'node:test';
import { linux } from './native.ts';
import type { SystemError } from './syscalls.ts';

const directory = mkdtempSync(`${tmpdir()}/lighter-linux-`);
after(() => rmSync(directory, { recursive: true }));

test('errors carry code, system call and path', () => {
  assert.throws(
    () => linux.lstat('/no/such/file'),
    (error: SystemError) =>
      error.code === 'ENOENT' && error.syscall === 'lstat' && error.path === '/no/such/file' && error.errno === 2,
  );
});

test('a path with a NUL byte is refused', () => {
  assert.throws(() => linux.lstat('/etc\0/passwd'), /NUL/);
});

test('CRC-64 of the check text and in pieces', () => {
  const whole = new Uint8Array(8);
  linux.crc64Update(whole, Buffer.from('123456789'));
  // The catalogued check value of CRC-64/GO-ISO.
  assert.equal(Buffer.from(whole).toString('hex'), 'b90956c775a41001');
  const data = Buffer.alloc(1000, 'some longer text ');
  const pieces = new Uint8Array(8);
  for (let at = 0; at < data.length; at += 37) linux.crc64Update(pieces, data.subarray(at, at + 37));
  const once = new Uint8Array(8);
  linux.crc64Update(once, data);
  assert.deepEqual(pieces, once);
});

test('a new file has content, mode and times to the nanosecond', () => {
  const path = `${directory}/new`;
  linux.writeNewFile(
    path,
    Buffer.from('content'),
    0o640,
    process.getuid?.() ?? 0,
    process.getgid?.() ?? 0,
    5n,
    1_700_000_000_123_456_789n,
  );
  assert.equal(readFileSync(path, 'utf8'), 'content');
  const status = linux.lstat(path);
  assert.equal(status.mode & 0o7777, 0o640);
  assert.equal(status.mtimeNs, 1_700_000_000_123_456_789n);
  assert.throws(() => linux.writeNewFile(path, Buffer.alloc(0), 0o600, 0, 0, 0n, 0n), { code: 'EEXIST' });
});

test('a lock keeps others out, is waited for, and the wait can be given up', async () => {
  const path = `${directory}/lock`;
  writeFileSync(path, '');
  const [one, two] = [openSync(path, 'r+'), openSync(path, 'r+')];
  assert.equal(linux.tryLock(one, true), true);
  assert.equal(linux.tryLock(two, false), false);
  const abort = new AbortController();
  const given = linux.waitLock(two, true, abort.signal);
  abort.abort(new Error('enough'));
  await assert.rejects(given, /enough/);
  const waiting = linux.waitLock(two, true);
  linux.unlock(one);
  await waiting;
  assert.equal(linux.tryLock(one, false), false);
  closeSync(one);
  closeSync(two);
});

test('a lock of ours keeps out a POSIX lock of another process and the other way round', async () => {
  const path = `${directory}/posix`;
  writeFileSync(path, '');
  const fd = openSync(path, 'r+');
  // perl is essential on Debian; its fcntl packs struct flock: type, whence, start, len, pid.
  const script = (command: string) =>
    `use Fcntl; open(F,"+<",$ARGV[0]); my $l=pack("s s x4 q q i x4",F_WRLCK,0,0,0,0); print fcntl(F,F_SETLK,$l)?"got":"busy"; ${command}`;
  const run = async (command: string) => {
    const [read, write] = linux.pipe();
    const pid = linux.spawn({
      file: '/usr/bin/perl',
      argv: ['perl', '-e', `$|=1; ${script(command)}`, path],
      fds: [-1, write, 2],
    });
    closeSync(write);
    const said = Buffer.from((await linux.read(read, 100)) ?? []).toString();
    return { pid, said, read };
  };
  assert.equal(linux.tryLock(fd, true), true);
  const busy = await run('');
  assert.equal(busy.said, 'busy');
  await linux.waitpid(busy.pid);
  linux.unlock(fd);
  const holding = await run('sleep 10');
  assert.equal(holding.said, 'got');
  assert.equal(linux.tryLock(fd, false), false);
  linux.kill(holding.pid, 9);
  assert.deepEqual(await linux.waitpid(holding.pid), { signal: 9 });
  assert.equal(linux.tryLock(fd, true), true);
  for (const one of [busy.read, holding.read, fd]) closeSync(one);
});

test('a child gets exactly the descriptors named, in their places', async () => {
  const [read, write] = linux.pipe();
  const extra = openSync(directory, 'r');
  const pid = linux.spawn({
    file: '/bin/sh',
    argv: ['sh', '-c', 'ls -l /proc/self/fd | awk "NR>1{print \\$9}" | tr "\\n" " " >&5; echo done >&5'],
    fds: [-1, -1, 2, -1, -1, write],
  });
  closeSync(write);
  closeSync(extra);
  let said = '';
  for (let data = await linux.read(read, 4096); data; data = await linux.read(read, 4096))
    said += Buffer.from(data).toString();
  closeSync(read);
  assert.deepEqual(await linux.waitpid(pid), { status: 0 });
  // ls itself opens /proc/self/fd as 3 or another free number.
  assert.match(said, /^0 1 2 (3 )?(4 )?5 (6 |7 )?done/);
  assert.doesNotMatch(said, new RegExp(` ${extra > 7 ? extra : 99} `));
});

test('a program that cannot be executed is an error of spawn, not an exit code', () => {
  assert.throws(() => linux.spawn({ file: '/no/such/program', argv: ['x'], fds: [-1, -1, -1] }), {
    code: 'ENOENT',
    syscall: 'execve',
  });
});

test('a socket pair keeps the borders of packets', async () => {
  const [one, two] = linux.seqpacketPair();
  await linux.write(one, Buffer.from('a'));
  await linux.write(one, Buffer.from('bc'));
  assert.equal(Buffer.from((await linux.read(two, 100)) ?? []).toString(), 'a');
  assert.equal(Buffer.from((await linux.read(two, 100)) ?? []).toString(), 'bc');
  closeSync(one);
  assert.equal(await linux.read(two, 100), undefined);
  closeSync(two);
});

test('openat2 stays in its root', () => {
  const root = openSync(directory, 'r');
  writeFileSync(`${directory}/inside`, 'x');
  const fd = linux.openat2(root, '../../../inside', 0, 0, 0x10);
  assert.equal(statSync(`/proc/self/fd/${fd}`).ino, statSync(`${directory}/inside`).ino);
  closeSync(fd);
  assert.throws(() => linux.openat2(root, '../inside', 0, 0, 0x08), { code: 'EXDEV' });
  closeSync(root);
});

test('a process is awaited and signalled by its descriptor', async () => {
  const pid = linux.spawn({ file: '/bin/sleep', argv: ['sleep', '30'], fds: [-1, -1, -1] });
  const fd = linux.pidfdOpen(pid);
  const gone = linux.pidfdWait(fd);
  linux.pidfdSendSignal(fd, 15);
  await gone;
  assert.deepEqual(await linux.waitpid(pid), { signal: 15 });
  closeSync(fd);
  writeSync(1, '');
});
