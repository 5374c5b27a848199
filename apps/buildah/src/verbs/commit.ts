import { writeFileSync } from 'node:fs';
import type { CommitOptions } from '@lighter/build/commit/commit-options';
import { openBuilder } from '@lighter/build/open-builder';
import { bool, choice, int, string, strings } from '@lighter/cli/flags';
import { hasTransport, parseImageName } from '@lighter/image/parse';
import type { ImageContext } from '@lighter/image/types';
import { oneContainer, refuseFlagsAfter } from '../arguments.ts';
import { buildahCommand } from '../context.ts';
import { copyProgress } from '../progress.ts';
import { registryContext, registryFlags } from '../registry-flags.ts';

const flags = {
  ...registryFlags,
  annotation: strings('set metadata for an image', { short: 'a' }),
  'created-annotation': bool('set an "org.opencontainers.image.created" annotation in the image'),
  'disable-compression': bool("don't compress layers", { short: 'D' }),
  format: choice('`format` of the image manifest and metadata', ['oci', 'docker'], { short: 'f' }),
  'identity-label': bool('add default builder label'),
  iidfile: string('write the image ID to the file'),
  'omit-history': bool('omit build history information from the built image'),
  'omit-timestamp': bool('set created timestamp to epoch 0', { hidden: true }),
  quiet: bool("don't output progress information when writing images", { short: 'q' }),
  rm: bool('remove the container and its content after committing it to an image'),
  'source-date-epoch': int('set the "created" timestamp, in seconds since the epoch, and of files'),
  squash: bool('produce an image with only one layer'),
  timestamp: int('set new timestamps in image info, history and files to seconds since epoch', {
    valueName: 'seconds',
  }),
  unsetannotation: strings('unset annotations when creating image'),
  unsetenv: strings('unset env from final image'),
};

export const command = buildahCommand({
  use: 'commit [flags] CONTAINER [IMAGE]',
  summary: 'Makes an image of a working container and prints its ID.',
  flags,
  interspersed: false,
  async run({ flags, args, context, signal }) {
    refuseFlagsAfter(args, 'container or image');
    const name = oneContainer(args);
    if (args.length > 2) throw new Error('too many arguments specified');
    const store = await context.store();
    const builder = await openBuilder(store, name, { adopt: true });
    const timestamp = chosenTimestamp(flags);
    const destination = await destinationOf(args[1], registryContext(flags, signal));
    const { format } = flags;
    const { imageId } = await builder.commit({
      ...(destination ? { destination } : {}),
      ...(format ? { format } : {}),
      ...(timestamp === undefined ? {} : { timestamp }),
      squash: flags.squash ?? false,
      omitHistory: flags['omit-history'] ?? false,
      identityLabel: flags['identity-label'] ?? true,
      createdAnnotation: flags['created-annotation'] ?? true,
      annotations: flags.annotation ?? [],
      unsetAnnotations: flags.unsetannotation ?? [],
      unsetEnv: flags.unsetenv ?? [],
      onEvent: copyProgress(flags.quiet ?? false),
      signal,
    });
    if (flags.iidfile !== undefined) writeFileSync(flags.iidfile, `sha256:${imageId}`);
    else process.stdout.write(`${imageId}\n`);
    if (flags.rm) await builder.delete();
  },
});

interface TimeFlags {
  readonly timestamp?: number;
  readonly 'source-date-epoch'?: number;
  readonly 'omit-timestamp'?: boolean;
}

function chosenTimestamp(flags: TimeFlags): number | undefined {
  const given = [flags.timestamp, flags['source-date-epoch'], flags['omit-timestamp'] ? 0 : undefined].filter(
    (time) => time !== undefined,
  );
  if (given.length > 1) throw new Error('cannot use more then one timestamp option at at time');
  return given[0];
}

async function destinationOf(text: string | undefined, context: ImageContext): Promise<CommitOptions['destination']> {
  if (text === undefined || text === '') return undefined;
  if (!hasTransport(text)) return { name: text };
  if (text.startsWith('containers-storage:') && !text.startsWith('containers-storage:[')) {
    return { name: text.slice('containers-storage:'.length) };
  }
  return { reference: await parseImageName(text), context };
}
