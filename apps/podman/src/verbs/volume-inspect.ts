import { bool, string } from '@lighter/cli/flags';
import { ExitStatus } from '@lighter/cli/program';
import { podmanCommand } from '../context.ts';
import { printObjects } from '../print-list.ts';
import { inspectVolume } from '../volume-view.ts';

export const command = podmanCommand({
  use: 'inspect [options] VOLUME [VOLUME...]',
  summary: 'Displays detailed information on one or more volumes.',
  examples: ["podman volume inspect --format '{{.Mountpoint}}' myvol", 'podman volume inspect --all'],
  flags: {
    all: bool('inspect all volumes', { short: 'a' }),
    format: string('format volume output using Go template', { short: 'f' }),
  },
  async run({ flags, args, context }) {
    if (flags.all ? args.length > 0 : args.length === 0)
      throw new Error('provide one or more volume names or use --all');
    const engine = await context.engine();
    const failures: string[] = [];
    const objects: object[] = [];
    for (const name of flags.all ? (await engine.volumes.all()).map((volume) => volume.name) : args) {
      try {
        objects.push(await inspectVolume(engine, await engine.volumes.get(name)));
      } catch (error) {
        if ((error as { code?: string }).code !== 'VOLUME_UNKNOWN') throw error;
        failures.push((error as Error).message);
      }
    }
    await printObjects(objects, flags.format);
    for (const failure of failures) process.stderr.write(`Error: ${failure}\n`);
    if (failures.length > 0) throw new ExitStatus(125);
    return undefined;
  },
});
