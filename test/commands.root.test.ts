/** The four commands as programs: any directory, any user, any Node on PATH, and nothing lost on the way in. */
import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { type CommandName, must, ours, repository, run } from './support/command.ts';
import { scratch } from './support/scratch.ts';
import { makeUser } from './support/user.ts';

const commands: readonly CommandName[] = ['skopeo', 'buildah', 'podman', 'crio'];

test('each command prints upstream’s version form with ours in brackets, from any directory', async (t) => {
  const directory = scratch(t);
  const forms: Record<CommandName, RegExp> = {
    skopeo: /^skopeo version 1\.22\.\d+ \(lighter \d+\.\d+\.\d+\)$/,
    buildah: /^buildah version 1\.43\.\d+ .*\(lighter \d+\.\d+\.\d+\)$/,
    podman: /^podman version 5\.8\.\d+ \(lighter \d+\.\d+\.\d+\)$/,
    crio: /^crio version 1\.36\.\d+ \(lighter \d+\.\d+\.\d+\)$/,
  };
  for (const name of commands) {
    const linked = await run(`${repository}/node_modules/.bin/${name}`, ['--version'], { cwd: directory });
    assert.equal(linked.code, 0, linked.stderr);
    assert.match(linked.stdout.split('\n')[0] ?? '', forms[name]);
    assert.equal(linked.stderr, '');
  }
});

test('whatever Node is on PATH and whatever NODE_OPTIONS says', async (t) => {
  const directory = scratch(t);
  writeFileSync(`${directory}/node`, '#!/bin/sh\necho wrong node; exit 99\n');
  chmodSync(`${directory}/node`, 0o755);
  for (const name of commands) {
    const result = await run(ours(name), ['--version'], {
      env: {
        PATH: `${directory}:/usr/bin:/bin`,
        NODE_OPTIONS: '--no-such-option --require /nowhere',
        NODE_PATH: directory,
      },
    });
    assert.equal(result.code, 0, result.stderr);
    assert.match(result.stdout, /lighter/);
  }
});

test('a verb that is not there yet says so and exits 125', async () => {
  for (const [name, verb] of [
    ['skopeo', 'experimental-image-proxy'],
    ['buildah', 'bud'],
    ['podman', 'kube'],
    ['crio', 'wipe'],
  ] as const) {
    const result = await run(ours(name), [verb]);
    assert.equal(result.code, 125, `${name} ${verb}: ${result.stdout}${result.stderr}`);
    assert.match(result.stderr, new RegExp(verb));
    assert.match(result.stderr, /not (there|built|available) yet|isn't (there|built|available) yet/);
  }
});

test('an unknown verb and an unknown flag are errors with a hint', async () => {
  for (const name of commands) {
    const verb = await run(ours(name), ['no-such-verb']);
    assert.notEqual(verb.code, 0);
    assert.match(verb.stderr, /no-such-verb/);
    const flag = await run(ours(name), ['--no-such-flag']);
    assert.notEqual(flag.code, 0);
    assert.match(flag.stderr, /unknown flag: --no-such-flag/);
  }
});

test('a closed pipe ends a command quietly', async () => {
  const result = await run('sh', ['-c', `${ours('podman')} --help | head -1`]);
  assert.equal(result.code, 0);
  assert.equal(result.stderr, '');
});

test('installed on PATH by one command and gone by another', async (t) => {
  const directory = scratch(t, 'install');
  chmodSync(directory, 0o755);
  const install = (...args: string[]) =>
    run('sh', [`${repository}/scripts/install.sh`, '--prefix', `${directory}/prefix`, ...args], {
      env: { PATH: `${directory}/prefix/bin:${process.env['PATH']}` },
    });
  const refused = await install();
  if (existsSync('/usr/bin/podman')) {
    assert.notEqual(refused.code, 0);
    assert.match(refused.stderr, /\/usr\/bin\/podman/);
    assert.match(refused.stderr, /--force/);
    assert.deepEqual(existsSync(`${directory}/prefix`) ? readdirSync(`${directory}/prefix`) : [], []);
  }
  // Where nobody looks for commands, nothing is shadowed.
  const besides = await run('sh', [`${repository}/scripts/install.sh`, '--prefix', `${directory}/besides`]);
  assert.equal(besides.code, 0, besides.stderr);
  const installed = await install('--force');
  assert.equal(installed.code, 0, installed.stderr);
  const user = await makeUser(t);
  for (const name of commands) {
    assert.match(await user.must(`${directory}/prefix/bin/${name}`, ['--version']), /lighter/);
  }
  const removed = await install('--uninstall');
  assert.equal(removed.code, 0, removed.stderr);
  const left = existsSync(`${directory}/prefix`) ? readdirSync(`${directory}/prefix`, { recursive: true }) : [];
  assert.deepEqual(
    left.filter((path) => !['bin', 'lib'].includes(`${path}`)),
    [],
  );
});

test('a prefix may be relative, have blanks and slashes at its end, and be installed to again', async (t) => {
  const directory = scratch(t, 'install');
  const install = (...args: string[]) => run('sh', [`${repository}/scripts/install.sh`, ...args], { cwd: directory });
  for (const prefix of ['./a prefix', `${directory}/a prefix//`]) {
    const installed = await install('--force', '--prefix', prefix);
    assert.equal(installed.code, 0, installed.stderr);
    assert.match(await must(`${directory}/a prefix/bin/skopeo`, ['--version'], { cwd: '/' }), /lighter/);
  }
  writeFileSync(`${directory}/a prefix/bin/other`, 'precious');
  const removed = await install('--uninstall', '--prefix', 'a prefix/');
  assert.equal(removed.code, 0, removed.stderr);
  assert.deepEqual(readdirSync(`${directory}/a prefix`, { recursive: true }).sort(), ['bin', 'bin/other', 'lib']);
});

test('install never overwrites a file that is not its own', async (t) => {
  const directory = scratch(t, 'install');
  mkdirSync(`${directory}/prefix/bin`, { recursive: true });
  writeFileSync(`${directory}/prefix/bin/podman`, 'precious');
  const refused = await run('sh', [`${repository}/scripts/install.sh`, '--prefix', `${directory}/prefix`]);
  assert.notEqual(refused.code, 0);
  assert.equal(readFileSync(`${directory}/prefix/bin/podman`, 'utf8'), 'precious');
  assert.equal(await must('ls', [`${directory}/prefix/bin`]), 'podman');
});
