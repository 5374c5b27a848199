/** podman with all its verbs. */
import { runVerbs } from './program.ts';
import { verbs } from './verbs.ts';

export function run(words: readonly string[]): Promise<void> {
  return runVerbs(words, verbs);
}
