/** What the launcher hands on to Node and to what we start, the guard and the watcher. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, closeSync, existsSync, openSync, readFileSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { linux } from '@lighter/linux/native';
import { type RunOptions, run } from './support/command.ts';
import { launcherTree } from './support/launcher-tree.ts';
import { scratch } from './support/scratch.ts';

interface Seen {
  readonly texts: string[];
  readonly three: string;
  readonly cwd: string;
  readonly node: string;
  readonly env: Record<string, string>;
  readonly child: string[];
}

async function see(script: string, args: readonly string[], options: RunOptions = {}): Promise<Seen> {
  const result = await run('/bin/sh', ['-c', script, ...args], options);
  assert.equal(result.code, 0, result.stderr);
  assert.equal(result.stderr, '');
  return JSON.parse(result.stdout);
}

async function waitFor(what: string, holds: () => boolean): Promise<void> {
  for (let attempt = 0; attempt < 500; attempt++) {
    if (holds()) return;
    await sleep(10);
  }
  assert.fail(`not in time: ${what}`);
}

test('variables that Node obeys do not disturb it and reach what we start unchanged', async (t) => {
  const directory = scratch(t, 'launcher');
  const podman = await launcherTree(directory);
  writeFileSync(`${directory}/broken.cnf`, 'openssl_conf = [[[\n');
  const variables = {
    NODE_OPTIONS: '--no-such-option --require /nowhere',
    NODE_PATH: `${directory}/nowhere`,
    NODE_V8_COVERAGE: `${directory}/coverage`,
    NODE_DEBUG: 'net,fs',
    NODE_REPL_EXTERNAL_MODULE: '/nowhere',
    OPENSSL_CONF: `${directory}/broken.cnf`,
    UV_THREADPOOL_SIZE: '1',
  };
  const seen = await see('exec "$0" see', [podman], {
    env: { ...variables, LIGHTER_CALLER_WATCHER: '1', LIGHTER_CALLER_IGNORED: '3', NODE_TEST_CONTEXT: undefined },
  });
  for (const [name, value] of Object.entries(variables)) {
    assert.ok(seen.child.includes(`variable ${name}=${value}`), `${seen.child}`);
  }
  assert.ok(!seen.child.some((line) => line.startsWith('variable LIGHTER_')), `${seen.child}`);
  for (const [name, value] of Object.entries(variables)) assert.equal(seen.env[name], value);
  assert.equal(existsSync(`${directory}/coverage`), false);
  assert.ok(seen.child.includes('ignored 0000000000000000'), `${seen.child}`);
});

test('limits, ignored signals, umask, working directory and arguments are those of the caller', async (t) => {
  const directory = scratch(t, 'launcher');
  const podman = await launcherTree(directory);
  const odd = ['', ' ', 'a b', "it's", '"', '$HOME', '*', '\\', 'line\nend', 'ü€𝄞', '--', '-x', '=', '--eval=1'];
  const seen = await see(
    'cd "$1"; shift; ulimit -Sn 321; ulimit -Hn 777; umask 027; trap "" HUP USR2; exec 3<"$1"; shift; exec "$0" see "$@"',
    [podman, directory, '/etc/hostname', ...odd],
  );
  assert.deepEqual(seen.texts, odd);
  assert.equal(seen.cwd, directory);
  assert.equal(seen.three, '/etc/hostname');
  assert.ok(seen.child.includes('limits 321 777'), `${seen.child}`);
  assert.ok(seen.child.includes('umask 0027'), `${seen.child}`);
  assert.ok(seen.child.includes(`cwd ${directory}`), `${seen.child}`);
  // Bits of SIGHUP (1) and SIGUSR2 (12).
  assert.ok(seen.child.includes('ignored 0000000000000801'), `${seen.child}`);
  // Nothing but the three that were asked for (and what sh has open on the folder).
  assert.match(seen.child.find((line) => line.startsWith('descriptors')) ?? '', /^descriptors 0 1 2( \d+)?$/);
});

test('the pinned Node is used whatever is on PATH; without it there is one clear line', async (t) => {
  const directory = scratch(t, 'launcher');
  const podman = await launcherTree(directory);
  writeFileSync(`${directory}/bin/node`, '#!/bin/sh\necho wrong node; exit 99\n');
  chmodSync(`${directory}/bin/node`, 0o755);
  const seen = await see('exec "$0" see', [podman], { env: { PATH: `${directory}/bin:/usr/bin:/bin` } });
  assert.equal(seen.node, process.version);
  rmSync(`${directory}/node`);
  const failed = await run(podman, ['see']);
  assert.equal(failed.code, 125);
  assert.equal(failed.stdout, '');
  assert.equal(failed.stderr, `Error: the pinned Node is missing (${directory}/node): run the set-up again\n`);
});

function owner(t: TestContext): { guard: string; directory: string; file: string; fd: number } {
  const directory = scratch(t, 'guard');
  const file = `${directory}/owner`;
  writeFileSync(file, '');
  const fd = openSync(file, 'r+');
  t.after(() => closeSync(fd));
  return { guard: new URL('../dist/bin/lighter-guard', import.meta.url).pathname, directory, file, fd };
}

test('the guard waits for the lock, then runs the command, which holds it', async (t) => {
  const { guard, directory, file, fd } = owner(t);
  assert.equal(linux.tryLock(fd, true), true);
  const script = `echo "$LIGHTER_OWNER_FD" > ${directory}/running; until [ -e ${directory}/go ]; do sleep 0.02; done; exit 7`;
  const ended = run(guard, [file, '--', '/bin/sh', '-c', script]);
  await sleep(100);
  assert.equal(existsSync(`${directory}/running`), false);
  linux.unlock(fd);
  await waitFor('the command runs', () => existsSync(`${directory}/running`));
  assert.equal(linux.tryLock(fd, true), false);
  writeFileSync(`${directory}/go`, '');
  assert.equal((await ended).code, 7);
  assert.match(readFileSync(`${directory}/running`, 'utf8'), /^[3-9]\n$/);
  assert.equal(linux.tryLock(fd, true), true);
});

test('the guard runs nothing when the owner file is gone, before or while it waits', async (t) => {
  const { guard, directory, file, fd } = owner(t);
  const command = ['--', '/bin/sh', '-c', `touch ${directory}/ran`];
  assert.equal(linux.tryLock(fd, true), true);
  const waiting = run(guard, [file, ...command]);
  await sleep(100);
  unlinkSync(file);
  // A new one of the same name is somebody else's.
  writeFileSync(file, '');
  linux.unlock(fd);
  assert.deepEqual(await waiting, { code: 0, stdout: '', stderr: '' });
  assert.deepEqual(await run(guard, [`${directory}/missing`, ...command]), { code: 0, stdout: '', stderr: '' });
  assert.equal(existsSync(`${directory}/ran`), false);
  const failed = await run(guard, [file, '--', `${directory}/no-such-program`]);
  assert.equal(failed.code, 125);
  assert.match(failed.stderr, /^Error: can't run .*no-such-program: No such file or directory\n$/);
});

interface Killed {
  /** What the command left, when it was run. */
  ran(): string | undefined;
  watcherEnded(): boolean;
}

/** Starts the program, kills it when it is ready, and waits until its output is closed. */
async function killed(t: TestContext, steps: readonly string[]): Promise<Killed> {
  const directory = scratch(t, 'watcher');
  const podman = await launcherTree(directory);
  const front = spawn(podman, ['run', directory, ...steps], { stdio: ['ignore', 'pipe', 'pipe'] });
  t.after(() => front.kill('SIGKILL'));
  const complaints: Buffer[] = [];
  front.stderr.on('data', (data: Buffer) => complaints.push(data));
  await once(front.stdout, 'data');
  const children = readFileSync(`/proc/${front.pid}/task/${front.pid}/children`, 'utf8').trim().split(' ');
  const watcher = children.find((pid) => readFileSync(`/proc/${pid}/comm`, 'utf8') === 'lighter-watcher\n') ?? '';
  assert.notEqual(watcher, '', 'there is a watcher');
  const closed = once(front, 'close');
  front.kill('SIGKILL');
  // What the watcher runs can't end before `go` is there, so it can't be what closes the pipes.
  await closed;
  assert.equal(Buffer.concat(complaints).toString(), '');
  writeFileSync(`${directory}/go`, '');
  return {
    // A zombie has no command line.
    watcherEnded: () => !existsSync(`/proc/${watcher}`) || readFileSync(`/proc/${watcher}/cmdline`).length === 0,
    ran: () => (existsSync(`${directory}/ran`) ? readFileSync(`${directory}/ran`, 'utf8') : undefined),
  };
}

test('the watcher runs what the front said last when the front is killed', async (t) => {
  for (const steps of [['one'], ['one', 'disarm', 'two', 'three'], ['x'.repeat(20_000), 'y'.repeat(20_000)]]) {
    const { ran } = await killed(t, steps);
    await waitFor('the command has run', () => ran() === `${steps.at(-1)}\n`);
  }
});

test('a disarmed watcher runs nothing', async (t) => {
  for (const steps of [[], ['disarm'], ['one', 'two', 'disarm'], ['one', 'z'.repeat(70_000)]]) {
    const { ran, watcherEnded } = await killed(t, steps);
    await waitFor('the watcher has ended', watcherEnded);
    assert.equal(ran(), undefined, `${steps}`.slice(0, 100));
  }
});
