/** All verbs of buildah, each loaded when it is called. */
import type { Verb } from '@lighter/cli/command';
import { runProgram } from '@lighter/cli/program';
import { restoreCaller } from '@lighter/linux/launched';
import { BuildahContext } from './context.ts';
import { programFlags } from './program-flags.ts';

const verbs: Record<string, Verb<BuildahContext>> = {
  add: { summary: 'Add content to the container', load: () => import('./verbs/add.ts') },
  commit: { summary: 'Create an image from a working container', load: () => import('./verbs/commit.ts') },
  config: { summary: 'Update image configuration settings', load: () => import('./verbs/config.ts') },
  containers: {
    summary: 'List working containers and their base images',
    aliases: ['list', 'ls', 'ps'],
    load: () => import('./verbs/containers.ts'),
  },
  copy: { summary: 'Copy content into the container', load: () => import('./verbs/copy.ts') },
  from: { summary: 'Create a working container based on an image', load: () => import('./verbs/from.ts') },
  images: { summary: 'List images in local storage', load: () => import('./verbs/images.ts') },
  inspect: {
    summary: 'Inspect the configuration of a container or image',
    load: () => import('./verbs/inspect.ts'),
  },
  mount: { summary: "Mount a working container's root filesystem", load: () => import('./verbs/mount.ts') },
  pull: { summary: 'Pull an image from the specified location', load: () => import('./verbs/pull.ts') },
  push: { summary: 'Push an image to a specified destination', load: () => import('./verbs/push.ts') },
  rename: { summary: 'Rename a container', load: () => import('./verbs/rename.ts') },
  rm: { summary: 'Remove one or more working containers', aliases: ['delete'], load: () => import('./verbs/rm.ts') },
  rmi: { summary: 'Remove one or more images from local storage', load: () => import('./verbs/rmi.ts') },
  tag: { summary: 'Add an additional name to a local image', load: () => import('./verbs/tag.ts') },
  umount: {
    summary: 'Unmount the root file system of the specified working containers',
    aliases: ['unmount'],
    load: () => import('./verbs/umount.ts'),
  },
  unshare: { summary: 'Run a command in a modified user namespace', load: () => import('./verbs/unshare.ts') },
  version: { summary: 'Display the Buildah version information', load: () => import('./verbs/version.ts') },
};

const later = ['bud', 'build', 'info', 'login', 'logout', 'manifest', 'mkcw', 'prune', 'run', 'source'];

export async function run(argv: readonly string[]): Promise<void> {
  restoreCaller();
  // What is made for containers must not depend on the caller's habits.
  process.umask(0o022);
  await runProgram(
    {
      name: 'buildah',
      summary: 'A tool that facilitates building OCI images',
      flags: programFlags,
      verbs,
      later,
      context: (flags) => new BuildahContext(flags),
      close: (context) => context[Symbol.asyncDispose](),
    },
    argv,
  );
}
