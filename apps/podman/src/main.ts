/**
 * The `podman` command. What isn't needed for `--version` loads later; verbs that must start fast have a bundle of their own
 * (hot/), all others share one whose parts load when they are called.
 */
import { versionLine } from './version.ts';

const argv = process.argv.slice(2);
if (argv.length === 1 && (argv[0] === '--version' || argv[0] === '-v')) {
  process.stdout.write(`${versionLine()}\n`);
} else {
  // Not awaited: the program's other files import from this one.
  void import('./nouns.ts').then(async ({ commandLine }) => {
    const { words, verb } = commandLine(argv);
    const { run } = await load(verb);
    await run(words);
  });
}

function load(verb: string): Promise<{ run(words: readonly string[]): Promise<void> }> {
  switch (verb) {
    case 'exec':
      return import('./hot/exec.ts');
    case 'run':
      return import('./hot/run.ts');
    case 'ps':
      return import('./hot/ps.ts');
    case 'images':
      return import('./hot/images.ts');
    case 'container-cleanup':
      return import('./hot/container-cleanup.ts');
    default:
      return import('./all.ts');
  }
}
