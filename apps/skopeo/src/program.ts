/** All verbs of skopeo, each loaded when it is called. */

import type { Verb } from '@lighter/cli/command';
import { bool, duration, string } from '@lighter/cli/flags';
import { runProgram } from '@lighter/cli/program';
import { restoreCaller } from '@lighter/linux/launched';
import { SkopeoContext } from './context.ts';
import { reportFailure } from './failure.ts';

export const programFlags = {
  'command-timeout': duration('timeout for the command execution'),
  debug: bool('enable debug output'),
  'insecure-policy': bool('run the tool without any policy check'),
  'override-arch': string('use ARCH instead of the architecture of the machine for choosing images'),
  'override-os': string('use OS instead of the running OS for choosing images'),
  'override-variant': string('use VARIANT instead of the running architecture variant for choosing images'),
  policy: string('path to a trust policy file'),
  'registries-conf': string('path to the registries.conf file', { hidden: true }),
  tmpdir: string('directory used to store temporary files'),
};

const verbs: Record<string, Verb<SkopeoContext>> = {
  copy: { summary: 'Copy an IMAGE-NAME from one location to another', load: () => import('./verbs/copy.ts') },
  delete: { summary: 'Delete image IMAGE-NAME', load: () => import('./verbs/delete.ts') },
  inspect: { summary: 'Inspect image IMAGE-NAME', load: () => import('./verbs/inspect.ts') },
  'list-tags': {
    summary: 'List tags in the transport/repository specified by the SOURCE-IMAGE',
    load: () => import('./verbs/list-tags.ts'),
  },
};

const later = [
  'experimental-image-proxy',
  'generate-sigstore-key',
  'layers',
  'login',
  'logout',
  'manifest-digest',
  'standalone-sign',
  'standalone-verify',
  'sync',
];

export async function run(argv: readonly string[]): Promise<void> {
  restoreCaller();
  await runProgram(
    {
      name: 'skopeo',
      summary: 'Various operations with container images and container image registries',
      style: 'skopeo',
      flags: programFlags,
      verbs,
      later,
      errorStatus: 1,
      context: (flags) => new SkopeoContext(flags),
      report: reportFailure,
    },
    argv,
  );
}
