/** The story of the set-up, in a network namespace with nothing but loopback, as root and as an ordinary user. */
import assert from 'node:assert/strict';
import { chmodSync, copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { must, peer, type Result, repository, run } from './support/command.ts';
import { leftovers, machineState } from './support/leaks.ts';
import { scratch } from './support/scratch.ts';
import { makeUser } from './support/user.ts';

interface Inspected {
  readonly config: { readonly Entrypoint: string[]; readonly Env: string[] };
}

/** A network namespace with the loopback up; returns its path. */
async function loopbackNamespace(t: TestContext): Promise<string> {
  const name = `lighter-${process.pid}-${Date.now().toString(36)}`;
  await must(peer('ip'), ['netns', 'add', name]);
  t.after(() => must(peer('ip'), ['netns', 'del', name]));
  await must(peer('ip'), ['-n', name, 'link', 'set', 'lo', 'up']);
  return `/run/netns/${name}`;
}

/** Runs the story, and while it waits before cleaning up, looks at what it pushed with the distribution's skopeo. */
async function tell(
  netns: string,
  pause: string,
  story: Promise<Result>,
): Promise<{ story: Result; pushed: Inspected }> {
  let ended = false;
  const end = story.finally(() => {
    ended = true;
  });
  while (!existsSync(`${pause}/registry`) && !ended) await new Promise((resolve) => setTimeout(resolve, 50));
  if (ended) {
    const result = await end;
    assert.fail(`the story ended early with ${result.code}:\n${result.stdout}${result.stderr}`);
  }
  const registry = readFileSync(`${pause}/registry`, 'utf8').trim();
  const config = await run(peer('nsenter'), [
    `--net=${netns}`,
    peer('skopeo'),
    'inspect',
    '--config',
    '--tls-verify=false',
    `docker://${registry}/hello:1`,
  ]);
  writeFileSync(`${pause}/go`, '');
  const result = await end;
  assert.equal(config.code, 0, config.stderr);
  return { story: result, pushed: JSON.parse(config.stdout) };
}

function check({ story, pushed }: { story: Result; pushed: Inspected }): void {
  assert.equal(story.code, 0, `${story.stdout}${story.stderr}`);
  assert.deepEqual(pushed.config.Entrypoint.slice(0, 2), ['/bin/sh', '-c']);
  assert.ok(pushed.config.Env.includes('foo=bar'), `${pushed.config.Env}`);
  // Once from `podman run`, once from `podman logs`.
  assert.equal(story.stdout.match(/^hello from a container, foo=bar$/gm)?.length, 2, story.stdout);
  assert.match(story.stdout, /Exited \(0\)/);
}

test('the story runs as root and leaves nothing behind', async (t) => {
  const netns = await loopbackNamespace(t);
  const pause = scratch(t, 'story');
  const before = machineState();
  const files = readdirSync('/dev/shm').filter((name) => name.startsWith('lighter-story.'));
  const story = run(peer('nsenter'), [`--net=${netns}`, 'sh', `${repository}/scripts/story.sh`], {
    env: { LIGHTER_STORY_PAUSE: pause, LIGHTER_BIN: `${repository}/dist/bin` },
  });
  check(await tell(netns, pause, story));
  assert.deepEqual(await leftovers(before, 'lighter-story.'), []);
  assert.deepEqual(
    readdirSync('/dev/shm').filter((name) => name.startsWith('lighter-story.') && !files.includes(name)),
    [],
  );
});

test('the story runs as an ordinary user with installed commands and leaves nothing behind', async (t) => {
  const netns = await loopbackNamespace(t);
  const directory = scratch(t, 'story');
  chmodSync(directory, 0o755);
  await must('sh', [`${repository}/scripts/install.sh`, '--prefix', `${directory}/prefix`, '--force']);
  copyFileSync(`${repository}/scripts/story.sh`, `${directory}/story.sh`);
  const pause = `${directory}/pause`;
  mkdirSync(pause);
  chmodSync(pause, 0o777);
  const user = await makeUser(t);
  const before = machineState();
  const story = run(
    peer('nsenter'),
    [
      `--net=${netns}`,
      peer('setpriv'),
      '--reuid',
      `${user.uid}`,
      '--regid',
      `${user.uid}`,
      '--init-groups',
      'sh',
      `${directory}/story.sh`,
    ],
    {
      cwd: user.home,
      env: {
        HOME: user.home,
        USER: user.name,
        XDG_RUNTIME_DIR: user.runtimeDirectory,
        XDG_CONFIG_HOME: undefined,
        XDG_DATA_HOME: undefined,
        LIGHTER_STORY_PAUSE: pause,
        LIGHTER_BIN: `${directory}/prefix/bin`,
      },
    },
  );
  check(await tell(netns, pause, story));
  assert.deepEqual(await leftovers(before, 'lighter-story.'), []);
  assert.deepEqual(
    readdirSync('/dev/shm').filter((name) => name.startsWith('lighter-story.')),
    [],
  );
});
