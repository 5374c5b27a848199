/** An ordinary user's namespaces, as the launcher makes and shares them. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { must, peer, type RunOptions, run } from './support/command.ts';
import { launcherTree } from './support/launcher-tree.ts';
import { scratch } from './support/scratch.ts';
import { makeUser, type User } from './support/user.ts';

interface Seen {
  readonly cwd: string;
  readonly uid: number;
  readonly uidMap: string[];
  readonly userNamespace: string;
  readonly mountNamespace: string;
  readonly env: Record<string, string>;
}

async function setUp(t: TestContext): Promise<{ user: User; podman: string; pausePid: string }> {
  const directory = scratch(t, 'rootless');
  await must('chmod', ['755', directory]);
  const user = await makeUser(t);
  const podman = await launcherTree(directory);
  return { user, podman, pausePid: `${user.runtimeDirectory}/libpod/tmp/pause.pid` };
}

async function see(user: User, podman: string, options: RunOptions = {}): Promise<Seen & { stderr: string }> {
  const result = await user.run(podman, ['see'], options);
  assert.equal(result.code, 0, result.stderr);
  return { ...JSON.parse(result.stdout), stderr: result.stderr };
}

/** Pids of the user's pause processes. */
async function pauses(user: User): Promise<string[]> {
  const list = await run('ps', ['-o', 'pid=,args=', '-u', `${user.uid}`]);
  return list.stdout
    .split('\n')
    .filter((line) => /\bpause\b/.test(line) && !line.includes('<defunct>'))
    .map((line) => line.trim().split(' ')[0] ?? '');
}

const namespaceOf = (pid: string) => readlinkSync(`/proc/${pid}/ns/user`);

test('parallel first starts make one pause process, which later commands share', async (t) => {
  const { user, podman, pausePid } = await setUp(t);
  const seen = await Promise.all(Array.from({ length: 10 }, () => see(user, podman)));
  const later = await see(user, podman, { cwd: '/usr' });
  const [first] = seen;
  assert.ok(first);
  for (const one of [...seen, later]) {
    assert.equal(one.stderr, '');
    assert.equal(one.userNamespace, first.userNamespace);
    assert.equal(one.mountNamespace, first.mountNamespace);
  }
  assert.equal(first.uid, 0);
  assert.equal(first.cwd, user.home);
  assert.equal(later.cwd, '/usr');
  const [, start, count] = readFileSync('/etc/subuid', 'utf8')
    .split('\n')
    .map((line) => line.split(':'))
    .find(([name]) => name === user.name) as string[];
  assert.deepEqual(first.uidMap, [`0 ${user.uid} 1`, `1 ${start} ${count}`]);
  assert.notEqual(first.mountNamespace, readlinkSync('/proc/self/ns/mnt'));
  assert.equal(first.env['_CONTAINERS_USERNS_CONFIGURED'], 'init');
  assert.equal(first.env['_CONTAINERS_ROOTLESS_UID'], `${user.uid}`);
  const pause = readFileSync(pausePid, 'utf8');
  assert.deepEqual(await pauses(user), [pause]);
  assert.equal(namespaceOf(pause), first.userNamespace);
});

test('a stale pause.pid is replaced, whatever stands in it', async (t) => {
  const { user, podman, pausePid } = await setUp(t);
  await see(user, podman);
  const pause = readFileSync(pausePid, 'utf8');
  process.kill(Number(pause), 'SIGKILL');
  // Of a process that has ended, of somebody else's, of one in no namespace of its own, and of none.
  for (const stale of [pause, `${process.pid}`, '1', 'nonsense', '', '-1', '99999999999999999999']) {
    writeFileSync(pausePid, stale);
    const next = await see(user, podman);
    assert.equal(next.stderr, '');
    // The namespace may have the number of one that has gone; the process is another.
    const replaced = readFileSync(pausePid, 'utf8');
    assert.match(replaced, /^\d+$/);
    assert.notEqual(replaced, stale);
    assert.equal(namespaceOf(replaced), next.userNamespace);
  }
});

test('a process of the user in another namespace is not taken for the pause process', async (t) => {
  const { user, podman, pausePid } = await setUp(t);
  const first = await see(user, podman);
  process.kill(Number(readFileSync(pausePid, 'utf8')), 'SIGKILL');
  // As a browser's sandbox has it: the own id stays what it is.
  const script = `echo $$ > ${user.home}/pid; exec sleep 60`;
  const sandbox = user.run(peer('unshare'), ['--user', '--mount', '--map-current-user', '/bin/sh', '-c', script]);
  const pid = () => (existsSync(`${user.home}/pid`) ? readFileSync(`${user.home}/pid`, 'utf8').trim() : '');
  for (let attempt = 0; attempt < 200 && pid() === ''; attempt++) await sleep(20);
  writeFileSync(pausePid, pid());
  const next = await see(user, podman);
  assert.equal(next.stderr, '');
  assert.notEqual(next.userNamespace, namespaceOf(pid()));
  assert.deepEqual(next.uidMap, first.uidMap);
  process.kill(Number(pid()), 'SIGKILL');
  await sandbox;
});

test('the distribution’s podman and ours share one namespace, whoever came first', async (t) => {
  for (const first of ['theirs', 'ours']) {
    const { user, podman, pausePid } = await setUp(t);
    const options: RunOptions = { env: { CONTAINERS_CONF: '/dev/null' } };
    const theirs = async () => {
      const result = await user.run(peer('podman'), ['unshare', 'readlink', '/proc/self/ns/user'], options);
      assert.equal(result.code, 0, result.stderr);
      return result.stdout.trim();
    };
    const ours = async () => (await see(user, podman)).userNamespace;
    const seen = first === 'theirs' ? [await theirs(), await ours()] : [await ours(), await theirs()];
    assert.equal(seen[0], seen[1], `${first} first`);
    assert.equal(namespaceOf(readFileSync(pausePid, 'utf8')), seen[0]);
  }
});

test('without XDG_RUNTIME_DIR there is a folder of the user’s own', async (t) => {
  const { user, podman, pausePid } = await setUp(t);
  const options: RunOptions = { env: { XDG_RUNTIME_DIR: undefined, TMPDIR: user.home } };
  const seen = await see(user, podman, options);
  assert.equal(seen.env['XDG_RUNTIME_DIR'], `${user.home}/podman-run-${user.uid}`);
  assert.equal((await see(user, podman, options)).userNamespace, seen.userNamespace);
  assert.equal(existsSync(pausePid), false);
  await must('chmod', ['755', `${user.home}/podman-run-${user.uid}`]);
  const refused = await user.run(podman, ['see'], options);
  assert.equal(refused.code, 125);
  assert.match(refused.stderr, /^Error: the run-time folder .* isn't yours alone: set XDG_RUNTIME_DIR .*\n$/);
});

test('without subordinate ids only the own id is mapped, with a warning', async (t) => {
  const { user, podman } = await setUp(t);
  for (const [file, flag] of [
    ['/etc/subuid', '--del-subuids'],
    ['/etc/subgid', '--del-subgids'],
  ] as const) {
    const line =
      readFileSync(file, 'utf8')
        .split('\n')
        .find((one) => one.startsWith(`${user.name}:`)) ?? '';
    const [, start, count] = line.split(':').map(Number);
    assert.ok(start && count, file);
    await must(peer('usermod'), [flag, `${start}-${start + count - 1}`, user.name]);
  }
  const seen = await see(user, podman);
  assert.match(seen.stderr, /^warning: no subordinate ids for this user in \/etc\/subuid and \/etc\/subgid: .*\n$/);
  assert.deepEqual(seen.uidMap, [`0 ${user.uid} 1`]);
  assert.equal(seen.uid, 0);
});

test('what needs no namespace makes none', async (t) => {
  const { user, podman, pausePid } = await setUp(t);
  for (const flag of ['--version', '--help', 'help', 'completion']) await user.must(podman, [flag]);
  assert.equal(existsSync(pausePid), false);
  assert.deepEqual(await pauses(user), []);
});
