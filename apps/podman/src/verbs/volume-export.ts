import { string } from '@lighter/cli/flags';
import { exportVolume } from '@lighter/engine/volumes/archive';
import { podmanCommand } from '../context.ts';
import { expectArguments } from '../each.ts';

export const command = podmanCommand({
  use: 'export [options] VOLUME',
  summary: "Writes a volume's content as a tar archive.",
  examples: ['podman volume export myvol --output myvol.tar'],
  flags: { output: string('write to a specified file (default: stdout, which must be redirected)', { short: 'o' }) },
  async run({ flags, args, context, signal }) {
    expectArguments('volume export', args, 1, 1);
    if (flags.output === undefined && process.stdout.isTTY) {
      throw new Error('cannot export to a terminal: use --output or redirect');
    }
    const engine = await context.engine();
    await exportVolume(engine, await engine.volumes.get(args[0] ?? ''), { path: flags.output, signal });
    return undefined;
  },
});
