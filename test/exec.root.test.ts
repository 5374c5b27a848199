/** `podman exec`, beside the distribution's podman where both can be asked. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { closeSync, existsSync, openSync, readdirSync, writeFileSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { must, ours, peer, type RunOptions, run } from './support/command.ts';
import { storeFlags, storeIn } from './support/peers.ts';
import { makeSample } from './support/sample-image.ts';
import { scratch } from './support/scratch.ts';

async function setUp(t: TestContext) {
  t.after(() => podman(['rm', '-f', '-t', '0', 'c'])); // before the store goes: hooks run in this order
  const directory = scratch(t, 'exec');
  const store = storeIn(directory);
  const sample = await makeSample(`${directory}/image`);
  const podman = (args: readonly string[], options?: RunOptions) =>
    run(ours('podman'), [...storeFlags(store), ...args], options);
  const done = async (...args: string[]) => (await must(ours('podman'), [...storeFlags(store), ...args])).trim();
  await done('pull', '-q', `oci:${sample.layout}`);
  const image = (await done('images', '-q')).split('\n')[0] ?? '';
  await done('run', '-d', '--name', 'c', '--network', 'none', '-e', 'A=1', '-e', 'B=1', image, 'sleep', '1000');
  const sessions = () => readdirSync(`${directory}/run/lighter/containers/${id}/exec`);
  const id = await done('inspect', '--format', '{{.Id}}', 'c');
  return { directory, store, podman, done, sessions };
}

test('exit codes, streams, environment, user, directory, capabilities', async (t) => {
  const { podman, sessions } = await setUp(t);
  const both = await podman(['exec', 'c', 'sh', '-c', 'echo out; echo err >&2; exit 9']);
  assert.deepEqual(both, { code: 9, stdout: 'out\n', stderr: 'err\n' });
  const env = await podman(['exec', '-e', 'B=2', '--env', 'C', 'c', 'env'], { env: { C: 'three' } });
  assert.deepEqual(
    env.stdout
      .trim()
      .split('\n')
      .filter((line) => /^[ABC]=/.test(line)),
    ['A=1', 'B=2', 'C=three'],
  );
  assert.match(env.stdout, /^HOME=\/root$/m);
  assert.equal(
    (await podman(['exec', '-w', '/bin', '-u', '7:8', 'c', 'sh', '-c', 'pwd; id -u; id -g'])).stdout,
    '/bin\n7\n8\n',
  );
  const capabilities = async (...flags: string[]) =>
    /CapEff:\s*([0-9a-f]+)/.exec((await podman(['exec', ...flags, 'c', 'cat', '/proc/self/status'])).stdout)?.[1];
  const plain = BigInt(`0x${await capabilities()}`);
  assert.ok(plain > 0n);
  assert.equal(BigInt(`0x${await capabilities('-u', '4242')}`), 0n);
  assert.ok(BigInt(`0x${await capabilities('--privileged')}`) > plain);
  assert.deepEqual(sessions(), []);
});

test('what cannot be run: the command, the directory, the user, the container', async (t) => {
  const { podman, done, sessions } = await setUp(t);
  for (const [args, code, message] of [
    [['c', 'nosuch'], 127, /executable file not found in \$PATH: OCI runtime attempted to invoke a command/],
    [['-w', '/nope', 'c', 'true'], 127, /chdir to cwd/],
    [['c', '/etc'], 126, /permission denied: OCI permission denied/],
    [['-u', 'nosuch', 'c', 'true'], 255, /unable to find user nosuch: no matching entries in passwd file/],
    [['nosuch', 'true'], 125, /no container with name or ID "nosuch" found/],
    [['c'], 125, /must provide a non-empty command/],
  ] as const) {
    const result = await podman(['exec', ...args]);
    assert.equal(result.code, code, result.stderr);
    assert.match(result.stderr, message);
    assert.equal(result.stderr.trim().split('\n').length, 1);
  }
  assert.deepEqual(sessions(), []);
  await done('stop', '-t', '0', 'c');
  const stopped = await podman(['exec', 'c', 'true']);
  assert.equal(stopped.code, 255);
  assert.match(stopped.stderr, /can only create exec sessions on running containers: container state improper/);
});

test('data pass whole in both directions, with the detach keys among them', async (t) => {
  const { podman } = await setUp(t);
  const input = Buffer.concat([randomBytes(2_000_000), Buffer.from('\x10\x11')]);
  const [sum = ''] = (await podman(['exec', '-i', 'c', '/bin/busybox', 'sha256sum'], { input })).stdout.split(' ');
  const there = (await run('sha256sum', [], { input })).stdout.split(' ')[0];
  assert.equal(sum, there);
  assert.equal((await podman(['exec', 'c', 'cat'], { input: 'not for it' })).stdout, '');
});

test('detached: its id is told while it runs, and no longer', async (t) => {
  const { podman, done, directory } = await setUp(t);
  const started = await podman(['exec', '-d', 'c', 'sh', '-c', 'sleep 1; echo done >/mark']);
  assert.match(started.stdout, /^[0-9a-f]{64}\n$/);
  assert.equal(await done('inspect', '--format', '{{.ExecIDs}}', 'c'), `[${started.stdout.trim()}]`);
  for (let attempt = 0; attempt < 200 && (await done('inspect', '--format', '{{.ExecIDs}}', 'c')) !== '[]'; attempt++)
    await sleep(50);
  assert.equal(await done('exec', 'c', 'cat', '/mark'), 'done');
  assert.ok(existsSync(directory));
});

test('a terminal, and leaving it by its keys', async (t) => {
  const { store, done } = await setUp(t);
  const command = [ours('podman'), ...storeFlags(store), 'exec', '-it', 'c', 'sh'].join(' ');
  const front = spawn(peer('script'), ['-qec', command, '/dev/null'], { stdio: ['pipe', 'pipe', 'inherit'] });
  t.after(() => front.kill('SIGKILL'));
  let shown = '';
  front.stdout.on('data', (data: Buffer) => {
    shown += data;
  });
  const see = async (what: RegExp) => {
    for (let attempt = 0; !what.test(shown); attempt++) {
      assert.ok(attempt < 200, `never seen: ${what} in ${JSON.stringify(shown)}`);
      await sleep(50);
    }
  };
  await see(/# /);
  front.stdin.write('tty; echo $((6*7))\r');
  await see(/\/dev\/pts\/\d+\r\n42\r\n/);
  front.stdin.write('\x10\x11');
  assert.deepEqual(await once(front, 'exit'), [0, null]);
  assert.match(await done('inspect', '--format', '{{.ExecIDs}}', 'c'), /^\[[0-9a-f]{64}\]$/);
});

test('descriptors are handed on, a killed front leaves the process', async (t) => {
  const { directory, store, done } = await setUp(t);
  writeFileSync(`${directory}/third`, 'from three\n');
  const three = openSync(`${directory}/third`, 'r');
  const reading = spawn(
    ours('podman'),
    [...storeFlags(store), 'exec', '--preserve-fds', '1', 'c', 'cat', '/proc/self/fd/3'],
    {
      stdio: ['ignore', 'pipe', 'inherit', three],
    },
  );
  closeSync(three);
  let text = '';
  reading.stdout?.on('data', (data: Buffer) => {
    text += data;
  });
  assert.deepEqual(await once(reading, 'close'), [0, null]);
  assert.equal(text, 'from three\n');

  const front = spawn(ours('podman'), [...storeFlags(store), 'exec', 'c', 'sh', '-c', 'sleep 1; echo alive >/mark'], {
    stdio: 'ignore',
  });
  while ((await done('inspect', '--format', '{{.ExecIDs}}', 'c')) === '[]') await sleep(20);
  front.kill('SIGKILL');
  for (let attempt = 0; attempt < 100 && (await done('inspect', '--format', '{{.ExecIDs}}', 'c')) !== '[]'; attempt++)
    await sleep(50);
  assert.equal(await done('exec', 'c', 'cat', '/mark'), 'alive');
});
