import { bool, string, strings, uint } from '@lighter/cli/flags';
import { createVolume } from '@lighter/engine/volumes/create';
import { podmanCommand } from '../context.ts';
import { expectArguments } from '../each.ts';
import { keyValues } from '../key-values.ts';

export const command = podmanCommand({
  use: 'create [options] [NAME]',
  summary: 'Creates a volume for containers to store data in.',
  examples: ['podman volume create myvol', 'podman volume create --opt type=tmpfs --opt o=size=2M,nodev quick'],
  flags: {
    driver: string('specify volume driver name', { short: 'd', defaultText: '"local"' }),
    gid: uint('set the GID of the volume owner'),
    ignore: bool("don't fail if volume already exists"),
    label: strings('set metadata for a volume', { short: 'l' }),
    opt: strings('set driver specific options', { short: 'o' }),
    uid: uint('set the UID of the volume owner'),
  },
  async run({ flags, args, context }) {
    expectArguments('volume create', args, 0, 1);
    const engine = await context.engine();
    const [name] = args;
    try {
      const volume = await createVolume(engine, {
        ...(name === undefined ? {} : { name }),
        ...(flags.driver ? { driver: flags.driver } : {}),
        ...(flags.uid === undefined ? {} : { uid: flags.uid }),
        ...(flags.gid === undefined ? {} : { gid: flags.gid }),
        labels: keyValues(flags.label ?? [], '--label'),
        options: keyValues(flags.opt ?? [], '--opt'),
      });
      process.stdout.write(`${volume.name}\n`);
    } catch (error) {
      if (!flags.ignore || (error as { code?: string }).code !== 'VOLUME_EXISTS') throw error;
      process.stdout.write(`${name}\n`);
    }
    return undefined;
  },
});
