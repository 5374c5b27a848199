/** All verbs of skopeo, each loaded when it is called. */

import type { Verb } from '@lighter/cli/command';
import { bool, duration, string } from '@lighter/cli/flags';
import { type Program, runProgram } from '@lighter/cli/program';
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
  'registries.d': string('use registry configuration files in `DIR` (e.g. for container signature storage)'),
  tmpdir: string('directory used to store temporary files'),
  'user-agent-prefix': string('prefix to add to the user agent string'),
};

const verbs: Record<string, Verb<SkopeoContext>> = {
  copy: { summary: 'Copy an IMAGE-NAME from one location to another', load: () => import('./verbs/copy.ts') },
  delete: { summary: 'Delete image IMAGE-NAME', load: () => import('./verbs/delete.ts') },
  inspect: { summary: 'Inspect image IMAGE-NAME', load: () => import('./verbs/inspect.ts') },
  'list-tags': {
    summary: 'List tags in the transport/repository specified by the SOURCE-IMAGE',
    load: () => import('./verbs/list-tags.ts'),
  },
  layers: { summary: 'Get layers of IMAGE-NAME', hidden: true, load: () => import('./verbs/layers.ts') },
  login: { summary: 'Login to a container registry', load: () => import('./verbs/login.ts') },
  logout: { summary: 'Logout of a container registry', load: () => import('./verbs/logout.ts') },
  'manifest-digest': {
    summary: 'Compute a manifest digest of a file',
    load: () => import('./verbs/manifest-digest.ts'),
  },
  sync: {
    summary: 'Synchronize one or more images from one location to another',
    load: () => import('./verbs/sync.ts'),
  },
};

const later = ['experimental-image-proxy', 'generate-sigstore-key', 'standalone-sign', 'standalone-verify'];

export const program: Program<typeof programFlags, SkopeoContext> = {
  name: 'skopeo',
  summary: 'Various operations with container images and container image registries',
  style: 'skopeo',
  flags: programFlags,
  verbs,
  later,
  errorStatus: 1,
  context: (flags) => new SkopeoContext(flags),
  report: reportFailure,
};

export async function run(argv: readonly string[]): Promise<void> {
  restoreCaller();
  await runProgram(program, argv);
}
