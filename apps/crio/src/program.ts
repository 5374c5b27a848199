/** The server when there is no verb, else one of the verbs, each loaded when it is called. */
import { defineCommand, type VerbTable } from '@lighter/cli/command';
import { setLogLevel } from '@lighter/cli/log';
import { runProgram } from '@lighter/cli/program';
import { restoreCaller } from '@lighter/linux/launched';
import { type CrioFlags, programFlags, withEnvironment } from './program-flags.ts';

export const crioCommand = defineCommand<CrioFlags>();

const verbs: VerbTable<CrioFlags> = {
  config: { summary: 'Print the configuration in effect as TOML', load: () => import('./verbs/config.ts') },
  version: { summary: 'Display detailed version information', load: () => import('./verbs/version.ts') },
};

const later = ['check', 'complete', 'man', 'markdown', 'status', 'wipe'];

export async function run(argv: readonly string[]): Promise<void> {
  restoreCaller();
  // What is made for containers must not depend on the caller's habits.
  process.umask(0o022);
  await runProgram(
    {
      name: 'crio',
      summary: "OCI-based implementation of Kubernetes' Container Runtime Interface",
      flags: programFlags,
      verbs,
      withoutVerb: { summary: 'Serve until SIGTERM or SIGINT', load: () => import('./verbs/serve.ts') },
      later,
      errorStatus: 1,
      context(given) {
        const flags = withEnvironment(given, process.env);
        setLogLevel(flags['log-level'] ?? 'info');
        return flags;
      },
    },
    argv,
  );
}
