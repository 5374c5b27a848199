/** `podman run` seen from outside: the processes it starts, what it syncs, and what is left when it is killed. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { must, ours, peer, run } from './support/command.ts';
import { leftovers, machineState } from './support/leaks.ts';
import { type StorePaths, storeFlags, storeIn } from './support/peers.ts';
import { startRegistry } from './support/registry.ts';
import { makeSample, pushSample } from './support/sample-image.ts';
import { mountsBelow, scratch } from './support/scratch.ts';

type Context = Parameters<typeof scratch>[0] & Parameters<typeof startRegistry>[0];

/** A store with the image `busy` in it. */
async function withImage(t: Context, directory: string): Promise<StorePaths> {
  const registry = await startRegistry(t);
  const image = `${registry.host}/busy:1`;
  await pushSample(await makeSample(`${directory}/image`), image);
  const store = storeIn(directory);
  const podman = (...args: string[]) => must(ours('podman'), [...storeFlags(store), ...args]);
  await podman('pull', '-q', '--tls-verify=false', image);
  await podman('tag', image, 'busy');
  return store;
}

test('run --rm: at most six programs, nothing synced', async (t) => {
  const directory = scratch(t, 'run');
  const store = await withImage(t, directory);
  const trace = `${directory}/trace`;
  const podman = [ours('podman'), ...storeFlags(store), 'run', '--rm', '--network', 'none', 'busy'];
  // The first run since the machine started asks conmon what it can do.
  await must(podman[0] as string, [...podman.slice(1), 'true']);
  const out = await must(peer('strace'), [
    ...['-f', '-qq', '-z', '-e', 'trace=execve,fsync,fdatasync,syncfs,sync', '-o', trace],
    ...[...podman, 'echo', 'hello'],
  ]);
  assert.equal(out, 'hello');
  const lines = readFileSync(trace, 'utf8').split('\n');
  const programs = lines
    .filter((line) => / execve\(/.test(line))
    .map((line) => /execve\("([^"]+)"/.exec(line)?.[1] ?? '')
    // What runc runs of itself, and what the container runs, isn't ours; nor is the launcher that strace starts.
    .filter((program) => !program.startsWith('/proc/self/') && !/^\/bin\/|\/bin\/podman$/.test(program));
  assert.ok(
    programs.some((program) => program.endsWith('/conmon')),
    programs.join(' '),
  );
  assert.ok(programs.length <= 6, programs.join(' '));
  const synced = lines.filter((line) => / (fsync|fdatasync|syncfs|sync)\(/.test(line));
  assert.ok(synced.length <= 8, synced.join('\n'));
});

test('run: the end may come between any two steps', { timeout: 300_000 }, async (t) => {
  const directory = scratch(t, 'kill');
  const store = await withImage(t, directory);
  const flags = storeFlags(store);
  const began = Date.now();
  await must(ours('podman'), [...flags, 'run', '--rm', '--network', 'none', 'busy', 'true']);
  const whole = Date.now() - began;
  const before = machineState();
  const containersBefore = readdirSync(`${store.root}/overlay`).length;
  for (let instant = 0; instant < 20; instant++) {
    const front = spawn(ours('podman'), [...flags, 'run', '--rm', '--network', 'none', 'busy', 'true'], {
      stdio: 'ignore',
    });
    const gone = new Promise((resolve) => front.once('exit', resolve));
    await new Promise((resolve) => setTimeout(resolve, (whole * instant) / 19));
    front.kill('SIGKILL');
    await gone;
    const left = await leftovers(before, directory, 4000);
    assert.deepEqual(left, [], `killed after ${Math.round((whole * instant) / 19)} ms`);
  }
  // The next command clears what the killed ones wrote down.
  await must(ours('podman'), [...flags, 'run', '--rm', '--network', 'none', 'busy', 'true']);
  assert.equal(await must(ours('podman'), [...flags, 'ps', '-aq']), '');
  assert.deepEqual(mountsBelow(`${store.root}/overlay/l`), []);
  assert.equal(readdirSync(`${store.root}/overlay`).length, containersBefore, 'layers of killed containers');
});

test('a running container is seen from another process, and outlives nothing when it is stopped', async (t) => {
  const directory = scratch(t, 'seen');
  const store = await withImage(t, directory);
  const podman = (...args: string[]) => must(ours('podman'), [...storeFlags(store), ...args]);
  await podman('run', '--rm', '--network', 'none', 'busy', 'true');
  const before = machineState();
  const front = spawn(
    ours('podman'),
    [...storeFlags(store), 'run', '--name', 'sleeper', '--network', 'none', 'busy', 'sh', '-c', 'sleep 100 & wait'],
    { stdio: ['ignore', 'ignore', 'inherit'] },
  );
  const gone = new Promise<number | null>((resolve) => front.once('exit', resolve));
  for (let n = 0; (await podman('ps', '-q')) === ''; n++) assert.ok(n < 40, 'never seen');
  const [seen] = JSON.parse(await podman('inspect', 'sleeper')) as {
    State: { Status: string; Pid: number };
  }[];
  assert.equal(seen?.State.Status, 'running');
  assert.ok(existsSync(`/proc/${seen?.State.Pid}`));
  await podman('kill', 'sleeper');
  assert.equal(await gone, 137);
  assert.match(await podman('ps', '-a', '--format', '{{.Status}}'), /^Exited \(137\)/);
  await podman('rm', 'sleeper');
  assert.equal((await run(ours('podman'), [...storeFlags(store), 'inspect', 'sleeper'])).code, 125);
  assert.deepEqual(await leftovers(before, directory), []);
});
