/** `podman container cleanup` alone, as a bundle whose first file has all that it needs: reading many small ones costs more. */
import '@lighter/container/create';
import '@lighter/engine/engine';
import '@lighter/storage/open';
import { runVerbs } from '../program.ts';
import * as verb from '../verbs/container-cleanup.ts';

export function run(words: readonly string[]): Promise<void> {
  return runVerbs(words, { 'container-cleanup': { summary: verb.command.summary, load: async () => verb } });
}
