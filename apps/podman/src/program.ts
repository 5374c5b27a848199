/** podman as a program over some of its verbs: flags, context, nouns and errors. */
import type { VerbTable } from '@lighter/cli/command';
import { runProgram } from '@lighter/cli/program';
import { restoreCaller } from '@lighter/linux/launched';
import { PodmanContext } from './context.ts';
import { programFlags } from './program-flags.ts';

const later =
  'artifact auto-update build commit compose completion cp events export farm generate healthcheck import init kube machine manifest play pod quadlet search stats system top update'.split(
    ' ',
  );

export async function runVerbs(argv: readonly string[], verbs: VerbTable<PodmanContext>): Promise<void> {
  restoreCaller();
  // What is made for containers must not depend on the caller's habits.
  process.umask(0o022);
  await runProgram(
    {
      name: 'podman',
      summary: 'Manage pods, containers and images',
      flags: programFlags,
      verbs,
      later,
      context: (flags) => new PodmanContext(flags),
      close: (context) => context[Symbol.asyncDispose](),
      report(error) {
        const { message, exitCode } = error as Error & { exitCode?: number };
        process.stderr.write(`Error: ${message ?? String(error)}\n`);
        return exitCode ?? 125;
      },
    },
    argv,
  );
}
