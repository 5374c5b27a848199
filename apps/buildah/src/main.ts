/** The `buildah` command. What isn't needed for `--version` loads later. */
import { versionLine } from './version.ts';

const argv = process.argv.slice(2);
if (argv.length === 1 && (argv[0] === '--version' || argv[0] === '-v')) {
  process.stdout.write(`${versionLine()}\n`);
} else {
  // Not awaited: the program's other files import from this one.
  void import('./program.ts').then(({ run }) => run(argv));
}
