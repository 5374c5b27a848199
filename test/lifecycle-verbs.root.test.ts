/** pause, unpause, restart, rename, attach and port, as scripts use them. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { must, ours, type RunOptions, run } from './support/command.ts';
import { storeFlags, storeIn } from './support/peers.ts';
import { makeSample } from './support/sample-image.ts';
import { scratch } from './support/scratch.ts';

async function setUp(t: TestContext) {
  t.after(() => podman(['rm', '-f', '-a', '-t', '0'])); // before the store goes: hooks run in this order
  const directory = scratch(t, 'verbs');
  const store = storeIn(directory);
  const sample = await makeSample(`${directory}/image`);
  const podman = (args: readonly string[], options?: RunOptions) =>
    run(ours('podman'), [...storeFlags(store), ...args], { timeout: 30_000, ...options });
  const done = async (...args: string[]) =>
    (await must(ours('podman'), [...storeFlags(store), ...args], { timeout: 30_000 })).trim();
  await done('pull', '-q', `oci:${sample.layout}`);
  const image = (await done('images', '-q')).split('\n')[0] ?? '';
  const start = (name: string, ...words: string[]) =>
    done('run', '-d', '--name', name, '--network', 'none', ...words.slice(0, -3), image, ...words.slice(-3));
  const status = (name: string) => done('inspect', '--format', '{{.State.Status}}', name);
  return { podman, done, start, status, image };
}

test('pause freezes all processes, unpause lets them go on', async (t) => {
  const { podman, done, start, status } = await setUp(t);
  await start('c', 'sh', '-c', 'while :; do echo x; sleep 0.05; done');
  assert.equal(await done('pause', 'c'), 'c');
  assert.equal(await status('c'), 'paused');
  const lines = (await done('logs', 'c')).length;
  await sleep(300);
  assert.equal((await done('logs', 'c')).length, lines);
  for (const [verb, message] of [
    ['pause', /is already paused: container state improper/],
    ['exec', /can only create exec sessions on running containers/],
    ['restart', /unable to restart a container in a paused or unknown state/],
    ['stop', /is in state paused: container state improper/],
  ] as const) {
    const refused = await podman([verb, 'c', ...(verb === 'exec' ? ['true'] : [])]);
    assert.notEqual(refused.code, 0);
    assert.match(refused.stderr, message);
  }
  assert.equal(await done('unpause', '--all'), await done('inspect', '--format', '{{.Id}}', 'c'));
  assert.equal(await status('c'), 'running');
  await sleep(300);
  assert.ok((await done('logs', 'c')).length > lines);
  assert.match((await podman(['unpause', 'c'])).stderr, /is not paused, can't unpause/);
});

test('restart ends the old process and starts a new one', async (t) => {
  const { done, start, status } = await setUp(t);
  await start('c', 'sh', '-c', 'echo run >>/runs; cat /runs; exec sleep 100');
  const first = await done('inspect', '--format', '{{.State.Pid}}', 'c');
  assert.equal(await done('restart', '-t', '0', 'c'), 'c');
  assert.notEqual(await done('inspect', '--format', '{{.State.Pid}}', 'c'), first);
  assert.equal(await status('c'), 'running');
  for (let attempt = 0; attempt < 100 && !(await done('logs', 'c')).endsWith('run\nrun\nrun'); attempt++)
    await sleep(50);
  assert.equal(await done('logs', 'c'), 'run\nrun\nrun');
  await done('stop', '-t', '0', 'c');
  await done('restart', '--running');
  assert.equal(await status('c'), 'exited');
  await done('restart', 'c');
  assert.equal(await status('c'), 'running');
});

test('rename: by the new name only, which must be free', async (t) => {
  const { podman, done, start } = await setUp(t);
  await start('one', 'sleep', '100', '0');
  await start('two', 'sleep', '100', '0');
  await done('rename', 'one', 'three');
  assert.deepEqual((await done('ps', '--format', '{{.Names}}')).split('\n').sort(), ['three', 'two']);
  assert.match((await podman(['rename', 'two', 'three'])).stderr, /name "three" is in use by container/);
  assert.match((await podman(['rename', 'two', 'a/b'])).stderr, /names must match/);
  await start('one', 'sleep', '100', '0');
});

test('attach: streams, exit code, and what is not running', async (t) => {
  const { podman, done, start } = await setUp(t);
  await start('c', '-i', 'sh', '-c', 'read x; echo "got $x"; echo err >&2; exit 5');
  assert.deepEqual(await podman(['attach', 'c'], { input: 'hello\n' }), {
    code: 5,
    stdout: 'got hello\n',
    stderr: 'err\n',
  });
  const stopped = await podman(['attach', 'c']);
  assert.equal(stopped.code, 125);
  assert.match(stopped.stderr, /you can only attach to running containers/);
  await start('quiet', '-i', 'sh', '-c', 'echo ready; cat; exit 3');
  const attached = podman(['attach', '--no-stdin', 'quiet'], { input: 'not for it' });
  await sleep(500);
  await done('kill', 'quiet');
  assert.deepEqual([(await attached).code, (await attached).stdout.includes('not for it')], [137, false]);
});

test('port: each mapping, one, and one that is not published', async (t) => {
  const { podman, done, image } = await setUp(t);
  const id = await done(
    ...['create', '--name', 'c', '-p', '127.0.0.1:18099:80', '-p', '18000-18001:9000-9001/udp', image],
  );
  assert.equal(
    await done('port', 'c'),
    '80/tcp -> 127.0.0.1:18099\n9000/udp -> 0.0.0.0:18000\n9001/udp -> 0.0.0.0:18001',
  );
  assert.equal(await done('port', 'c', '80'), '127.0.0.1:18099');
  assert.equal(await done('port', 'c', '9001/udp'), '0.0.0.0:18001');
  assert.match(await done('port', '-a'), new RegExp(`^${id.slice(0, 12)}\t80/tcp -> 127.0.0.1:18099$`, 'm'));
  const missing = await podman(['port', 'c', '81']);
  assert.equal(missing.code, 125);
  assert.match(missing.stderr, /failed to find published port "81"/);
});

test('wait --condition waits for what is named, wait for the exit code', async (t) => {
  const { podman, done, image } = await setUp(t);
  await done('create', '--name', 'c', '--network', 'none', image, 'sh', '-c', 'sleep 1; exit 7');
  assert.equal(await done('wait', '--condition', 'created', 'c'), '-1');
  const running = done('wait', '--condition=running,paused', '--interval', '10ms', 'c');
  await done('start', 'c');
  assert.equal(await running, '-1');
  assert.equal(await done('wait', '-i', '50', 'c'), '7');
  assert.equal(await done('wait', '--condition', 'exited', 'c'), '7');
  for (const [flag, message] of [
    ['--condition=tired', /tired/],
    ['--interval=soon', /invalid duration/],
  ] as const) {
    const refused = await podman(['wait', flag, 'c']);
    assert.equal(refused.code, 125);
    assert.match(refused.stderr, message);
  }
});
