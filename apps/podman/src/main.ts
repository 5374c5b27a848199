/**
 * The `podman` command. What isn't needed for `--version` loads later; verbs that must start fast have a bundle of their own
 * (hot/), all others share one whose parts load when they are called.
 */
import { versionLine } from './version.ts';

const argv = process.argv.slice(2);
if (argv.length === 1 && (argv[0] === '--version' || argv[0] === '-v')) {
  process.stdout.write(`${versionLine()}\n`);
} else {
  const { commandLine } = await import('./nouns.ts');
  const { words, verb } = commandLine(argv);
  await (await program(verb))(words);
}

type Run = (words: readonly string[]) => Promise<void>;

async function program(verb: string): Promise<Run> {
  switch (verb) {
    case 'run':
      return (await import('./hot/run.ts')).run;
    case 'ps':
      return (await import('./hot/ps.ts')).run;
    case 'images':
      return (await import('./hot/images.ts')).run;
    case 'container-cleanup':
      return (await import('./hot/container-cleanup.ts')).run;
    default: {
      const [{ runVerbs }, { verbs }] = await Promise.all([import('./program.ts'), import('./verbs.ts')]);
      return (words) => runVerbs(words, verbs);
    }
  }
}
