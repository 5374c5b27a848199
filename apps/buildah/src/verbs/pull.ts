import { acquireImage } from '@lighter/build/acquire-image';
import { bool, string } from '@lighter/cli/flags';
import { buildahCommand } from '../context.ts';
import { copyProgress } from '../progress.ts';
import { policyNamed } from '../pull-policy.ts';
import { platformFlags, registryContext, registryFlags } from '../registry-flags.ts';

export const command = buildahCommand({
  use: 'pull [flags] IMAGE',
  summary: 'Pulls an image and prints its ID.',
  flags: {
    ...registryFlags,
    ...platformFlags,
    policy: string('missing, always, never or newer'),
    quiet: bool("don't output progress information when pulling images", { short: 'q' }),
    'remove-signatures': bool("don't copy signatures when pulling image"),
  },
  interspersed: false,
  async run({ flags, args, context, signal }) {
    const [image] = args;
    if (image === undefined || image === '') throw new Error('an image name must be specified');
    if (args.length > 1) throw new Error('too many arguments specified');
    const quiet = flags.quiet ?? false;
    const { id } = await acquireImage(await context.store(), image, {
      pull: policyNamed(flags.policy ?? 'always'),
      sourceContext: registryContext(flags, signal),
      ...(flags['remove-signatures'] ? { removeSignatures: true } : {}),
      onEvent: copyProgress(quiet),
      onTry: (name) => {
        if (!quiet) process.stderr.write(`Trying to pull ${name.replace(/^docker:\/\//, '')}...\n`);
      },
      signal,
    });
    process.stdout.write(`${id}\n`);
  },
});
