import { parseImageName } from '@lighter/image/parse';
import { DockerReference } from '@lighter/image/transports/docker/reference';
import { listTags } from '@lighter/image/transports/docker/tags';
import { repositoryName } from '@lighter/spec/reference';
import { skopeoCommand } from '../context.ts';
import { within } from '../failure.ts';
import { completeImageName } from '../image-completion.ts';
import { imageFlags, withImageFlags } from '../image-flags.ts';
import { indentedGoJson } from '../json.ts';
import { retryFlags, retrying } from '../retry.ts';
import { exactArguments } from '../usage.ts';

export const command = skopeoCommand({
  use: 'list-tags [command options] SOURCE-IMAGE',
  summary: 'List tags in the transport/repository specified by the SOURCE-IMAGE',
  examples: ['skopeo list-tags docker://docker.io/fedora'],
  flags: { ...imageFlags, ...retryFlags },
  complete: completeImageName,
  async run({ flags, args, context, signal }) {
    const [name = ''] = args;
    await exactArguments('list-tags', args, 1, 'Exactly one non-option argument expected');
    const reference = await within(`Invalid ${JSON.stringify(name)}`, () => parseImageName(name));
    if (reference.transport === 'docker-archive') {
      const { archivedTags } = await import('@lighter/image/transports/docker-archive/images');
      const tags = await within('Error listing repository tags', () => archivedTags(name.split(':')[1] ?? ''));
      process.stdout.write(`${indentedGoJson({ Tags: tags })}\n`);
      return undefined;
    }
    if (!(reference instanceof DockerReference)) {
      throw new Error(
        `Unsupported transport '${reference.transport}' for tag listing. Only supported: docker, docker-archive`,
      );
    }
    if (/:[^/]*$/.test(name.slice('docker://'.length)) && !/^[^/]*:\d+$/.test(name.slice('docker://'.length))) {
      throw new Error('No tag or digest allowed in reference');
    }
    const imageContext = withImageFlags(context.imageContext(signal), flags);
    const tags = await within('Error listing repository tags', () =>
      retrying(flags, signal, () => Array.fromAsync(listTags(reference, imageContext))),
    );
    process.stdout.write(`${indentedGoJson({ Repository: repositoryName(reference.reference), Tags: tags })}\n`);
    return undefined;
  },
});
