import { parseImageName } from '@lighter/image/parse';
import { skopeoCommand } from '../context.ts';
import { within } from '../failure.ts';
import { completeImageName } from '../image-completion.ts';
import { imageFlags, layoutFlags, withImageFlags } from '../image-flags.ts';
import { retryFlags, retrying } from '../retry.ts';

export const command = skopeoCommand({
  use: 'delete [command options] IMAGE-NAME',
  summary: 'Delete an IMAGE-NAME from a transport',
  examples: ['skopeo delete docker://registry.example.com/example/pause:latest'],
  flags: { ...imageFlags, ...layoutFlags(''), ...retryFlags },
  complete: completeImageName,
  async run({ flags, args, context, signal }) {
    const [name] = args;
    if (args.length !== 1 || name === undefined) throw new Error('Usage: delete imageReference');
    const reference = await within(`Invalid source name ${name}`, () => parseImageName(name));
    if (!reference.delete) throw new Error(`Deleting images not implemented for ${reference.transport}: images`);
    await retrying(flags, signal, async () => reference.delete?.(withImageFlags(context.imageContext(signal), flags)));
    return undefined;
  },
});
