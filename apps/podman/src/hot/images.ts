/** `podman images` alone, as a bundle without further files: reading many small ones costs more than its work. */
import { runVerbs } from '../program.ts';
import * as verb from '../verbs/images.ts';

export function run(words: readonly string[]): Promise<void> {
  return runVerbs(words, { images: { summary: verb.command.summary, load: async () => verb } });
}
