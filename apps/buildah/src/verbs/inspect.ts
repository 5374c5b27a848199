import { type BuilderInfo, builderInfo, imageInfo } from '@lighter/build/builder-info';
import { openBuilder } from '@lighter/build/open-builder';
import { choice, string } from '@lighter/cli/flags';
import { findLocalImage } from '@lighter/image/local-images';
import type { Store } from '@lighter/storage/store-types';
import { buildahCommand } from '../context.ts';
import { printJson } from '../json.ts';

export const command = buildahCommand({
  use: 'inspect [flags] NAME',
  summary: 'Shows the configuration of a working container or an image.',
  flags: {
    format: string('use a Go template to format the output', { short: 'f' }),
    type: choice('look at the item of the specified type', ['container', 'image'], { short: 't' }),
  },
  async run({ flags, args, context }) {
    const [name] = args;
    if (name === undefined || name === '') throw new Error('container or image name must be specified');
    if (args.length > 1) throw new Error('too many arguments specified');
    if (flags.format !== undefined && !/\{\{.*\}\}/s.test(flags.format)) {
      throw new Error(`invalid format provided: ${flags.format}`);
    }
    const info = await look(await context.store(), name, flags.type);
    if (flags.format === undefined) return printJson(info);
    const { renderTemplate } = await import('@lighter/cli/go-template');
    process.stdout.write(renderTemplate(flags.format, info) + (process.stdout.isTTY ? '\n' : ''));
    return undefined;
  },
});

/** Without a type a container is looked for first, then an image. */
async function look(store: Store, name: string, type: 'container' | 'image' | undefined): Promise<BuilderInfo> {
  if (type !== 'image') {
    try {
      return builderInfo((await openBuilder(store, name)).state);
    } catch (error) {
      if ((error as { code?: string }).code !== 'CONTAINER_UNKNOWN' || type === 'container') throw error;
    }
  }
  try {
    return await imageInfo(store, await findLocalImage(store, name), name);
  } catch (error) {
    if ((error as { code?: string }).code !== 'IMAGE_NOT_FOUND') throw error;
    throw new Error(`importing settings: ${name}: image not known`, { cause: error });
  }
}
