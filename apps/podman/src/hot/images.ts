/** `podman images` alone, as a bundle whose first file has all that it needs: reading many small ones costs more. */
import '@lighter/storage/open';
import { runVerbs } from '../program.ts';
import * as verb from '../verbs/images.ts';

export function run(words: readonly string[]): Promise<void> {
  return runVerbs(words, { images: { summary: verb.command.summary, load: async () => verb } });
}
