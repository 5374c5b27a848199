/** `podman run` alone, as a bundle whose first file has all that every run needs: reading many small ones costs more. */
import '@lighter/container/create';
import '@lighter/container/new-config';
import '@lighter/engine/engine';
import '@lighter/image/local-images';
import '@lighter/storage/open';
import { runVerbs } from '../program.ts';
import * as verb from '../verbs/run.ts';

export function run(words: readonly string[]): Promise<void> {
  return runVerbs(words, { run: { summary: verb.command.summary, load: async () => verb } });
}
