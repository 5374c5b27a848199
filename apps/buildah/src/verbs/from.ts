import { writeFileSync } from 'node:fs';
import { createBuilder } from '@lighter/build/create-builder';
import { bool, choice, string } from '@lighter/cli/flags';
import { refuseFlagsAfter } from '../arguments.ts';
import { buildahCommand } from '../context.ts';
import { copyProgress } from '../progress.ts';
import { pullPolicy } from '../pull-policy.ts';
import { platformFlags, registryContext, registryFlags } from '../registry-flags.ts';

const flags = {
  ...registryFlags,
  ...platformFlags,
  cidfile: string('write the container ID to the file'),
  format: choice('`format` of the image manifest and metadata', ['oci', 'docker'], { short: 'f' }),
  name: string('name for the working container'),
  pull: string('Pull image policy: missing, always, never or newer', { implied: 'always', valueName: 'policy' }),
  'pull-always': bool('pull the image even if the named image is present in store', { hidden: true }),
  'pull-never': bool('do not pull the image, use the image present in store if available', { hidden: true }),
  quiet: bool("don't output progress information when pulling images", { short: 'q' }),
};

export const command = buildahCommand({
  use: 'from [flags] IMAGE',
  summary: 'Creates a working container from an image, or an empty one from "scratch", and prints its name.',
  flags,
  interspersed: false,
  async run({ flags, args, context, signal }) {
    refuseFlagsAfter(args, 'image or container');
    const [image] = args;
    if (image === undefined || image === '') throw new Error('an image name (or "scratch") must be specified');
    if (args.length > 1) throw new Error('too many arguments specified');
    const quiet = flags.quiet ?? false;
    const builder = await createBuilder(await context.store(), {
      from: image,
      ...(flags.name === undefined ? {} : { name: flags.name }),
      format: flags.format ?? formatOfEnvironment(),
      acquire: {
        pull: pullPolicy(flags),
        sourceContext: registryContext(flags, signal),
        onEvent: copyProgress(quiet),
        onTry: (name) => {
          if (!quiet) process.stderr.write(`Trying to pull ${name.replace(/^docker:\/\//, '')}...\n`);
        },
        signal,
      },
    });
    if (flags.cidfile !== undefined) writeFileSync(flags.cidfile, builder.id);
    process.stdout.write(`${builder.name}\n`);
  },
});

function formatOfEnvironment(): 'oci' | 'docker' {
  const format = process.env['BUILDAH_FORMAT'] || 'oci';
  if (format !== 'oci' && format !== 'docker') throw new Error(`unrecognized image type ${JSON.stringify(format)}`);
  return format;
}
