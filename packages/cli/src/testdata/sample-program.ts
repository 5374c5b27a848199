/** A program of three verbs and a group, for the tests of dispatch, help and completion. `SAMPLE_STYLE` chooses its wording. */
import { exactArguments, noArguments } from '../arguments.ts';
import { defineCommand } from '../command.ts';
import { bool, choice, string, strings } from '../flags.ts';
import { log, setLogLevel } from '../log.ts';
import { ExitStatus, type ProgramStyle, runProgram } from '../program.ts';

interface Context {
  readonly root: string;
}

const command = defineCommand<Context>();

const remove = command({
  use: 'rm [options] CONTAINER [CONTAINER...]',
  summary: 'Remove one or more containers',
  description: 'Removes one or more containers from the host.\n\nCommand does not remove images.',
  examples: ['sample rm ctrID', 'sample rm --force --all'],
  flags: {
    all: bool('Remove all containers', { short: 'a' }),
    cidfile: strings('Read the container ID from the file'),
    latest: bool('Act on the latest container\nNot supported with "--remote"', { short: 'l' }),
    'cert-dir': string('use certificates at `PATH` to connect'),
    pull: string('pull policy', { implied: 'always', defaultText: '"missing"' }),
    sort: choice('sort by', ['created', 'id'], { short: 'r', defaultText: '"id"' }),
    secret: bool('not shown', { hidden: true }),
  },
  complete: (prefix) => ['one', 'other'].filter((name) => name.startsWith(prefix)),
  run({ flags, args, context, dashAt }) {
    process.stdout.write(`${JSON.stringify({ flags, args, dashAt, context })}\n`);
    return Promise.resolve();
  },
});

const fail = command({
  use: 'fail KIND',
  summary: 'Fail in a certain way',
  flags: {},
  arguments: exactArguments(1),
  async run({ args: [kind], signal }) {
    if (kind === 'status') throw new ExitStatus(7);
    if (kind === 'later') setTimeout(() => Promise.reject(new Error('nobody waited')), 1);
    if (kind === 'write') for (;;) process.stdout.write('y\n'.repeat(5000)) || (await new Promise(setImmediate));
    if (kind === 'wait') {
      process.stdout.write('waiting\n');
      await new Promise((_, reject) => {
        const keep = setTimeout(() => {}, 60_000);
        signal.addEventListener('abort', () => {
          clearTimeout(keep);
          reject(new Error('aborted'));
        });
      });
    }
    if (kind === 'error') throw new Error('no such thing', { cause: new Error('deep down') });
    return 3;
  },
});

const version = command({
  use: 'version [options]',
  summary: 'Display the version information',
  flags: {},
  arguments: noArguments,
  async run() {
    log('info', 'asked');
    process.stdout.write('1\n');
  },
});

await runProgram<{ root: ReturnType<typeof string>; 'log-level': ReturnType<typeof string> }, Context>(
  {
    name: 'sample',
    summary: 'Manage samples',
    style: (process.env['SAMPLE_STYLE'] ?? 'cobra') as ProgramStyle,
    flags: {
      root: string('storage root dir', { short: 'r', defaultText: '"/var/lib"' }),
      'log-level': string('Log messages above specified level', { defaultText: '"warn"' }),
    },
    verbs: {
      rm: {
        summary: 'Remove one or more containers',
        aliases: ['delete'],
        load: () => Promise.resolve({ command: remove }),
      },
      fail: { summary: 'Fail in a certain way', hidden: true, load: () => Promise.resolve({ command: fail }) },
      version: { summary: 'Display the version information', load: () => Promise.resolve({ command: version }) },
      container: {
        summary: 'Manage containers',
        verbs: {
          rm: { summary: 'Remove one or more containers', load: () => Promise.resolve({ command: remove }) },
        },
      },
    },
    later: ['build', 'container checkpoint'],
    context(flags) {
      if (flags['log-level'] !== undefined) setLogLevel(flags['log-level']);
      return { root: flags.root ?? 'default' };
    },
    close: async () => {
      if (process.env['SAMPLE_CLOSE']) process.stderr.write('closed\n');
    },
  },
  process.argv.slice(2),
);
