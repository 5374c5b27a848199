/** `podman container ls` and the like as one of our verbs. */
import { parseFlags } from '@lighter/cli/flags';
import { programFlags } from './program-flags.ts';

/** `podman container ls` is `podman ps`, and so on. */
const nouns: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  container: {
    attach: 'attach',
    cleanup: 'container-cleanup',
    create: 'create',
    diff: 'diff',
    exec: 'exec',
    exists: 'container-exists',
    inspect: 'inspect',
    kill: 'kill',
    list: 'ps',
    logs: 'logs',
    ls: 'ps',
    mount: 'mount',
    pause: 'pause',
    port: 'port',
    prune: 'container-prune',
    ps: 'ps',
    rename: 'rename',
    restart: 'restart',
    rm: 'rm',
    run: 'run',
    start: 'start',
    stop: 'stop',
    umount: 'umount',
    unmount: 'umount',
    unpause: 'unpause',
    wait: 'wait',
  },
  image: {
    exists: 'image-exists',
    history: 'history',
    inspect: 'inspect',
    list: 'images',
    load: 'load',
    ls: 'images',
    prune: 'image-prune',
    pull: 'pull',
    push: 'push',
    rm: 'rmi',
    save: 'save',
    tag: 'tag',
    untag: 'untag',
  },
};

export interface CommandLine {
  readonly words: readonly string[];
  /** '' where there is none, or the command line makes no sense. */
  readonly verb: string;
}

/** The command line with a noun and the verb behind it as one of our verbs. */
export function commandLine(argv: readonly string[]): CommandLine {
  let args: readonly string[];
  try {
    ({ args } = parseFlags(programFlags, argv, { interspersed: false }));
  } catch {
    return { words: argv, verb: '' }; // the program says what is wrong
  }
  const [noun = '', verb = ''] = args;
  const known = Object.hasOwn(nouns, noun) ? nouns[noun] : undefined;
  if (!known) return { words: argv, verb: noun };
  const own = Object.hasOwn(known, verb) ? known[verb] : undefined;
  const before = argv.slice(0, argv.length - args.length);
  if (own === undefined) return { words: [...before, `${noun} ${verb}`], verb: '' };
  // `podman image inspect NAME` looks at images only.
  const type = own === 'inspect' ? ['--type', noun] : [];
  return { words: [...before, own, ...type, ...args.slice(2)], verb: own };
}
