/** The sample program is run as a process of its own; the wording is that of podman 5.8, buildah 1.43 and skopeo 1.22. */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { ProgramStyle } from './program.ts';

const file = fileURLToPath(new URL('./testdata/sample-program.ts', import.meta.url));

function sample(style: ProgramStyle, argv: readonly string[], env: Record<string, string> = {}) {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--conditions=source', file, ...argv], {
    encoding: 'utf8',
    env: { ...process.env, SAMPLE_STYLE: style, ...env },
  });
  return { status, stdout, stderr };
}

const ran = (flags: object, args: readonly string[], root = 'default', dashAt = -1) =>
  `${JSON.stringify({ flags, args, dashAt, context: { root } })}\n`;

test('a verb gets its flags and arguments; those of the program may stand before and behind it', () => {
  assert.deepEqual(sample('cobra', ['rm', '-a', 'x']), { status: 0, stdout: ran({ all: true }, ['x']), stderr: '' });
  assert.equal(sample('cobra', ['-r', '/x', 'delete', 'y']).stdout, ran({}, ['y'], '/x'));
  assert.equal(sample('cobra', ['rm', 'y', '--root=/z']).stdout, ran({ root: '/z' }, ['y'], '/z'));
  assert.equal(sample('cobra', ['rm', '-r', 'id', '--', '-a']).stdout, ran({ sort: 'id' }, ['-a'], 'default', 0));
  assert.equal(sample('cobra', ['container', 'rm', 'y']).stdout, ran({}, ['y']));
});

for (const [style, argv, status, stderr] of [
  ['podman', ['rm', '--xx'], 125, "Error: unknown flag: --xx\nSee 'sample rm --help'\n"],
  ['podman', ['--xx'], 125, "Error: unknown flag: --xx\nSee 'sample --help'\n"],
  ['podman', ['container', '--xx'], 125, "Error: unknown flag: --xx\nSee 'sample container --help'\n"],
  ['cobra', ['rm', '--xx'], 125, 'Error: unknown flag: --xx\n'],
  ['podman', ['fail'], 125, 'Error: accepts 1 arg(s), received 0\n'],
  ['cobra', ['version', 'x'], 125, 'Error: unknown command "x" for "sample version"\n'],
  [
    'podman',
    ['rn'],
    125,
    "Error: unrecognized command `sample rn`\n\nDid you mean this?\n\trm\n\nTry 'sample --help' for more information\n",
  ],
  [
    'podman',
    ['container', 'nonsense'],
    125,
    "Error: unrecognized command `sample container nonsense`\nTry 'sample container --help' for more information\n",
  ],
  ['cobra', ['rn'], 125, 'Error: unknown command "rn" for "sample"\n\nDid you mean this?\n\trm\n'],
  ['cobra', ['build'], 125, 'Error: sample build is not built yet in this release\n'],
  ['cobra', ['container', 'checkpoint'], 125, 'Error: sample container checkpoint is not built yet in this release\n'],
  [
    'skopeo',
    ['nonsense'],
    125,
    "Error: Unrecognized command `sample nonsense`\nTry 'sample --help' for more information\n",
  ],
  ['skopeo', [], 125, "Error: Missing command 'sample COMMAND'\nTry 'sample --help' for more information\n"],
  ['cobra', ['fail', 'error'], 125, 'Error: no such thing\n'],
  ['cobra', ['fail', 'status'], 7, ''],
  ['cobra', ['fail', 'plain'], 3, ''],
  ['cobra', ['fail', 'later'], 125, 'Error: nobody waited\n'],
] as const) {
  test(`${style}: ${argv.join(' ') || '(nothing)'} ends with ${status}`, () => {
    assert.deepEqual(sample(style, argv), { status, stdout: '', stderr });
  });
}

test('without a verb podman shows the help and complains, buildah only shows it', () => {
  const podman = sample('podman', ['container']);
  assert.equal(podman.stderr, "Error: missing command 'sample container COMMAND'\n");
  assert.match(
    podman.stdout,
    /^Manage containers\n\nDescription:\n {2}Manage containers\n\nUsage:\n {2}sample container \[command\]\n/,
  );
  const { status, stdout, stderr } = sample('cobra', []);
  assert.deepEqual([status, stderr], [0, '']);
  assert.equal(stdout, sample('cobra', ['--help']).stdout);
});

test('at level debug an error comes with its causes, and close is called', () => {
  const { stderr } = sample('cobra', ['--log-level', 'debug', 'fail', 'error'], { SAMPLE_CLOSE: '1' });
  assert.match(
    stderr,
    /^closed\ntime="[^"]+" level=debug msg="Error: no such thing\\n.*\ntime="[^"]+" level=debug msg="Error: deep down/,
  );
  assert.equal(stderr.match(/^Error: /gm)?.length, 1);
});

test('a signal aborts the verb and becomes the status', async () => {
  for (const [signal, status] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const) {
    const child = spawn(process.execPath, ['--conditions=source', file, 'fail', 'wait'], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    await once(child.stdout, 'data');
    child.kill(signal);
    let stderr = '';
    child.stderr.on('data', (data) => (stderr += data));
    const [code] = await once(child, 'close');
    assert.deepEqual([code, stderr], [status, `Error: interrupted by ${signal}\n`]);
  }
});

test('a closed pipe ends the program quietly, as SIGPIPE would', async () => {
  const child = spawn(process.execPath, ['--conditions=source', file, 'fail', 'write'], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  await once(child.stdout, 'data');
  child.stdout.destroy();
  let stderr = '';
  child.stderr.on('data', (data) => (stderr += data));
  const [code] = await once(child, 'close');
  assert.deepEqual([code, stderr], [141, '']);
});

test('help of a verb in podman’s layout', () => {
  assert.equal(
    sample('podman', ['rm', '--help']).stdout,
    `Remove one or more containers

Description:
  Removes one or more containers from the host.

  Command does not remove images.

Usage:
  sample rm [options] CONTAINER [CONTAINER...]

Examples:
  sample rm ctrID
  sample rm --force --all

Options:
  -a, --all                      Remove all containers
      --cert-dir PATH            use certificates at PATH to connect
      --cidfile stringArray      Read the container ID from the file
  -l, --latest                   Act on the latest container
                                 Not supported with "--remote"
      --pull string[="always"]   pull policy (default "missing")
  -r, --sort created|id          sort by (default "id")

`,
  );
});

test('help of a verb in cobra’s own layout, and in skopeo’s', () => {
  const cobra = sample('cobra', ['help', 'delete']).stdout;
  assert.match(cobra, /^Removes one or more containers from the host\.\n/);
  assert.match(cobra, /\n\nAliases:\n {2}rm, delete\n\nExamples:\n {2}sample rm ctrID\n/);
  assert.match(cobra, /\n {2}-h, --help {21}help for rm\n/);
  assert.match(
    sample('skopeo', ['rm', '-h']).stdout,
    /\nUsage:\nsample rm \[options\] CONTAINER .*\n\nExamples:\nsample rm ctrID\n/,
  );
});

test('help of the program', () => {
  assert.equal(
    sample('podman', ['-h']).stdout,
    `Manage samples

Usage:
  sample [options] [command]

Available Commands:
  container   Manage containers
  help        Help about any command
  rm          Remove one or more containers
  version     Display the version information

Options:
      --help               Help for sample
      --log-level string   Log messages above specified level (default "warn")
  -r, --root string        storage root dir (default "/var/lib")

`,
  );
  assert.match(
    sample('cobra', ['--help']).stdout,
    /Usage:\n {2}sample \[flags\]\n {2}sample \[command\]\n[\s\S]*\nFlags:\n {2}-h, --help [\s\S]*\n\nUse "sample \[command\] --help" for more information about a command\.\n$/,
  );
});

for (const [words, expected] of [
  [
    [''],
    'container\tManage containers\nrm\tRemove one or more containers\nversion\tDisplay the version information\n:4\n',
  ],
  [['--root', '/x', 'v'], 'version\tDisplay the version information\n:4\n'],
  [['--root', ''], ':0\n'],
  [['container', ''], 'rm\tRemove one or more containers\n:4\n'],
  [
    ['rm', '--c'],
    '--cert-dir\tuse certificates at `PATH` to connect\n--cidfile\tRead the container ID from the file\n:4\n',
  ],
  [['rm', '--so'], '--sort=\tsort by\n:6\n'],
  [['rm', '--sort', 'c'], 'created\n:4\n'],
  [['rm', '--sort=i'], '--sort=id\n:4\n'],
  [['rm', '-r', ''], 'created\nid\n:4\n'],
  [['rm', 'ot'], 'other\n:4\n'],
  [['nonsense', ''], ':4\n'],
] as const) {
  test(`completion of ${JSON.stringify(words)}`, () => {
    assert.equal(sample('cobra', ['__complete', ...words]).stdout, expected);
  });
}

test('the script for bash asks the program', () => {
  const script = `source <("$0" completion bash); COMP_WORDS=("$0" rm --sort = c); COMP_CWORD=4
    COMPREPLY=(); compopt() { :; }; _sample_complete; echo "\${COMPREPLY[*]}"
    COMP_WORDS=("$0" v); COMP_CWORD=1; _sample_complete; echo "\${COMPREPLY[*]}"`;
  const wrapper = `sample() { ${JSON.stringify(process.execPath)} --conditions=source ${JSON.stringify(file)} "$@"; }; export -f sample;`;
  const { stdout, stderr } = spawnSync('bash', ['-c', `${wrapper} ${script.replaceAll('"$0"', 'sample')}`], {
    encoding: 'utf8',
  });
  assert.deepEqual([stdout, stderr], ['created\nversion\n', '']);
});
