/** `podman run` in the foreground: streams that don't flow keep nothing else from happening. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { must, ours } from './support/command.ts';
import { type StorePaths, storeFlags, storeIn } from './support/peers.ts';
import { startRegistry } from './support/registry.ts';
import { makeSample, pushSample } from './support/sample-image.ts';
import { scratch } from './support/scratch.ts';

type Context = Parameters<typeof scratch>[0] & Parameters<typeof startRegistry>[0];

interface Place {
  readonly store: StorePaths;
  readonly directory: string;
}

async function setUp(t: Context): Promise<Place> {
  const directory = scratch(t, 'streams');
  const registry = await startRegistry(t);
  const image = `${registry.host}/busy:1`;
  await pushSample(await makeSample(`${directory}/image`), image);
  const store = storeIn(directory);
  await must(ours('podman'), [...storeFlags(store), 'pull', '-q', '--tls-verify=false', image]);
  await must(ours('podman'), [...storeFlags(store), 'tag', image, 'busy']);
  return { store, directory };
}

/** `podman run -i` of a shell script, the scratch folder in it as /host. */
function start({ store, directory }: Place, script: string): ChildProcess {
  const options = ['--rm', '-i', '--network', 'none', '-v', `${directory}:/host`];
  const child = spawn(ours('podman'), [...storeFlags(store), 'run', ...options, 'busy', 'sh', '-c', script], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  child.stdin.on('error', () => {}); // the container ends without having read it all
  return child;
}

async function isThere(path: string): Promise<void> {
  for (let attempt = 0; !existsSync(path); attempt++) {
    assert.ok(attempt < 1000, `never there: ${path}`);
    await sleep(20);
  }
}

test('a signal reaches a container that does not read its input', async (t) => {
  const place = await setUp(t);
  const front = start(place, 'trap "exit 3" TERM; touch /host/ready; sleep 100 & wait');
  t.after(() => front.kill('SIGKILL'));
  front.stdin?.write(Buffer.alloc(4_000_000));
  await isThere(`${place.directory}/ready`);
  // Until the front has filled what the kernel takes.
  await sleep(500);
  const ended = once(front, 'exit');
  front.kill('SIGTERM');
  assert.deepEqual(await ended, [3, null]);
});

test('a signal reaches a container whose output nobody reads', async (t) => {
  const place = await setUp(t);
  const front = start(place, 'trap "touch /host/told" TERM; touch /host/ready; yes & wait; kill $!; exit 4');
  t.after(() => front.kill('SIGKILL'));
  await isThere(`${place.directory}/ready`);
  await sleep(500);
  front.kill('SIGTERM');
  await isThere(`${place.directory}/told`);
  const ended = once(front, 'exit');
  front.stdout?.resume();
  assert.deepEqual(await ended, [4, null]);
});

test('input and output pass whole, and both ends are told', async (t) => {
  const front = start(await setUp(t), 'cat');
  t.after(() => front.kill('SIGKILL'));
  // With the detach keys among it, which mean nothing in data.
  const sent = Buffer.concat([randomBytes(3_000_000), Buffer.from('\x10\x11'), randomBytes(100_000)]);
  const received: Buffer[] = [];
  front.stdout?.on('data', (data: Buffer) => received.push(data));
  front.stdin?.end(sent);
  const [code] = await once(front, 'close');
  assert.equal(code, 0);
  assert.ok(Buffer.concat(received).equals(sent));
});
