/** The server when there is no verb, else one of the verbs, each loaded when it is called. */

import { defineCommand, type Verb } from '@lighter/cli/command';
import { bool, choice, type FlagValues, parseFlags, string, strings } from '@lighter/cli/flags';
import { logLevels, setLogLevel } from '@lighter/cli/log';
import { runProgram } from '@lighter/cli/program';
import { restoreCaller } from '@lighter/linux/launched';

export const programFlags = {
  'cgroup-manager': choice('cgroup manager', ['cgroupfs', 'systemd']),
  config: string('path to the configuration file', { short: 'c' }),
  'config-dir': string('path to the configuration drop-in directory', { short: 'd' }),
  'default-runtime': string('name of the default OCI runtime'),
  listen: string('path of the socket to listen on'),
  'log-level': choice('log messages above the specified level', [...logLevels, 'warning'], { short: 'l' }),
  root: string('root directory of the image store', { short: 'r' }),
  runroot: string('state directory of the image store'),
  'storage-driver': string('storage driver', { short: 's' }),
  'storage-opt': strings('storage driver options'),
  version: bool('print the version', { short: 'v', hidden: true }),
};

export type CrioFlags = FlagValues<typeof programFlags>;
export const crioCommand = defineCommand<CrioFlags>();

const verbs: Record<string, Verb<CrioFlags>> = {
  version: { summary: 'Display detailed version information', load: () => import('./verbs/version.ts') },
  // Without a verb: `crio` alone is the server.
  serve: { summary: 'Serve the CRI (what crio does without a command)', load: () => import('./verbs/serve.ts') },
};

const later = ['check', 'complete', 'completion', 'config', 'man', 'markdown', 'status', 'wipe'];

export async function run(argv: readonly string[]): Promise<void> {
  restoreCaller();
  await runProgram(
    {
      name: 'crio',
      summary: "OCI-based implementation of Kubernetes' Container Runtime Interface",
      flags: programFlags,
      verbs,
      later,
      errorStatus: 1,
      context(flags) {
        setLogLevel(flags['log-level'] ?? 'info');
        return flags;
      },
      report(error) {
        const { message } = error as Error;
        process.stderr.write(`Error: ${message}\n`);
        return message.endsWith(' is not built yet in this release') ? 125 : 1;
      },
    },
    withVerb(argv),
  );
}

/** A command line of nothing but flags is the server's. */
function withVerb(argv: readonly string[]): readonly string[] {
  if (argv.some((argument) => argument === '--help' || argument === '-h')) return argv;
  try {
    const { args } = parseFlags(programFlags, argv, { interspersed: false });
    return args.length === 0 ? [...argv, 'serve'] : argv;
  } catch {
    return argv; // the program says what is wrong
  }
}
