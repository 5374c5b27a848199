import { statSync } from 'node:fs';
import { bool, string } from '@lighter/cli/flags';
import { podmanCommand } from '../context.ts';
import { expectArguments } from '../each.ts';
import { loadArchive } from '../load-archive.ts';
import { copyProgress } from '../progress.ts';

export const command = podmanCommand({
  use: 'load [options]',
  summary: 'Load image(s) from a tar archive',
  examples: ['podman load -i fedora.tar', 'podman load < fedora.tar.gz'],
  flags: {
    input: string('load images from specified tar archive file (default: stdin)', { short: 'i' }),
    quiet: bool('suppress the output', { short: 'q' }),
  },
  async run({ flags, args, context, signal }) {
    expectArguments('load', args, 0, 0);
    const { input } = flags;
    if (input === undefined && process.stdin.isTTY) {
      throw new Error('cannot read from terminal, use command-line redirection or the --input flag');
    }
    if (input !== undefined && !statSync(input, { throwIfNoEntry: false }))
      throw new Error(`stat ${input}: no such file or directory`);
    const path = input ?? '/dev/stdin';
    const loaded = await loadArchive(await context.store(), path, {
      signal,
      onEvent: copyProgress(flags.quiet ?? false),
    });
    for (const name of loaded) process.stdout.write(`Loaded image: ${name}\n`);
    return undefined;
  },
});
