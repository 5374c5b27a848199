/** `podman container-cleanup` alone, as a bundle without further files: reading many small ones costs more than its work. */
import { runVerbs } from '../program.ts';
import * as verb from '../verbs/container-cleanup.ts';

export function run(words: readonly string[]): Promise<void> {
  return runVerbs(words, { 'container-cleanup': { summary: verb.command.summary, load: async () => verb } });
}
