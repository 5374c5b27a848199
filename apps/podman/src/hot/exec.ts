/** `podman exec` alone, as a bundle whose first file has all that every exec needs. */
import '@lighter/container/create';
import '@lighter/engine/engine';
import '@lighter/runtime/conmon/exec';
import '@lighter/storage/open';
import { runVerbs } from '../program.ts';
import * as verb from '../verbs/exec.ts';

export function run(words: readonly string[]): Promise<void> {
  return runVerbs(words, { exec: { summary: verb.command.summary, load: async () => verb } });
}
