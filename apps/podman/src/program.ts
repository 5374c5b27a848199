/** All verbs of podman, each loaded when it is called. */
import type { Verb } from '@lighter/cli/command';
import { parseFlags } from '@lighter/cli/flags';
import { runProgram } from '@lighter/cli/program';
import { restoreCaller } from '@lighter/linux/launched';
import { PodmanContext } from './context.ts';
import { programFlags } from './program-flags.ts';

const verbs: Record<string, Verb<PodmanContext>> = {
  'container-cleanup': {
    summary: 'Clean up after a container (called by conmon)',
    load: () => import('./verbs/container-cleanup.ts'),
  },
  'container-exists': {
    summary: 'Check if a container exists in local storage',
    load: () => import('./verbs/container-exists.ts'),
  },
  create: { summary: 'Create but do not start a container', load: () => import('./verbs/create.ts') },
  'image-exists': {
    summary: 'Check if an image exists in local storage',
    load: () => import('./verbs/image-exists.ts'),
  },
  images: { summary: 'List images in local storage', load: () => import('./verbs/images.ts') },
  info: { summary: 'Display podman system information', load: () => import('./verbs/info.ts') },
  inspect: { summary: 'Display the configuration of a container or image', load: () => import('./verbs/inspect.ts') },
  kill: {
    summary: 'Kill one or more running containers with a specific signal',
    load: () => import('./verbs/kill.ts'),
  },
  logs: { summary: 'Fetch the logs of a container', load: () => import('./verbs/logs.ts') },
  mount: { summary: "Mount a working container's root filesystem", load: () => import('./verbs/mount.ts') },
  ps: { summary: 'List containers', load: () => import('./verbs/ps.ts') },
  pull: { summary: 'Pull an image from a registry', load: () => import('./verbs/pull.ts') },
  push: { summary: 'Push an image to a specified destination', load: () => import('./verbs/push.ts') },
  rm: { summary: 'Remove one or more containers', load: () => import('./verbs/rm.ts') },
  rmi: { summary: 'Remove one or more images from local storage', load: () => import('./verbs/rmi.ts') },
  run: { summary: 'Run a command in a new container', load: () => import('./verbs/run.ts') },
  start: { summary: 'Start one or more containers', load: () => import('./verbs/start.ts') },
  stop: { summary: 'Stop one or more containers', load: () => import('./verbs/stop.ts') },
  tag: { summary: 'Add an additional name to a local image', load: () => import('./verbs/tag.ts') },
  umount: {
    summary: "Unmount working container's root filesystem",
    aliases: ['unmount'],
    load: () => import('./verbs/umount.ts'),
  },
  unshare: { summary: 'Run a command in a modified user namespace', load: () => import('./verbs/unshare.ts') },
  version: { summary: 'Display the Podman version information', load: () => import('./verbs/version.ts') },
  wait: { summary: 'Block on one or more containers', load: () => import('./verbs/wait.ts') },
};

const later =
  'artifact attach auto-update build commit compose completion cp diff events exec export farm generate healthcheck history import init kube load login logout machine manifest network pause play pod port quadlet rename restart save search secret stats system top unpause untag update volume'.split(
    ' ',
  );

/** `podman container ls` is `podman ps`, and so on. */
const nouns: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  container: {
    cleanup: 'container-cleanup',
    create: 'create',
    exists: 'container-exists',
    inspect: 'inspect',
    kill: 'kill',
    list: 'ps',
    logs: 'logs',
    ls: 'ps',
    mount: 'mount',
    ps: 'ps',
    rm: 'rm',
    run: 'run',
    start: 'start',
    stop: 'stop',
    umount: 'umount',
    unmount: 'umount',
    wait: 'wait',
  },
  image: {
    exists: 'image-exists',
    inspect: 'inspect',
    list: 'images',
    ls: 'images',
    pull: 'pull',
    push: 'push',
    rm: 'rmi',
    tag: 'tag',
  },
};

export async function run(argv: readonly string[]): Promise<void> {
  restoreCaller();
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
    withoutNoun(argv),
  );
}

/** The noun, and the verb behind it, become one of our verbs. */
function withoutNoun(argv: readonly string[]): readonly string[] {
  let args: readonly string[];
  try {
    ({ args } = parseFlags(programFlags, argv, { interspersed: false }));
  } catch {
    return argv; // the program says what is wrong
  }
  const [noun = '', verb = ''] = args;
  const known = Object.hasOwn(nouns, noun) ? nouns[noun] : undefined;
  if (!known) return argv;
  const own = Object.hasOwn(known, verb) ? known[verb] : undefined;
  const before = argv.slice(0, argv.length - args.length);
  // `podman image inspect NAME` looks at images only.
  const type = own === 'inspect' ? ['--type', noun] : [];
  return own === undefined
    ? [...before, later.includes(verb) ? verb : `${noun} ${verb}`]
    : [...before, own, ...type, ...args.slice(2)];
}
