import { bool } from '@lighter/cli/flags';
import { removeContainerByUser } from '@lighter/engine/remove';
import { findLocalImage } from '@lighter/image/local-images';
import { podmanCommand } from '../context.ts';
import { each } from '../each.ts';
import { removeImage } from '../remove-image.ts';

export const command = podmanCommand({
  use: 'rmi [options] IMAGE [IMAGE...]',
  summary: 'Removes one or more previously pulled or locally created images.',
  examples: ['podman rmi imageID', 'podman rmi --force alpine'],
  flags: {
    all: bool('remove all images', { short: 'a' }),
    force: bool('force removal of the image', { short: 'f' }),
    ignore: bool('ignore errors if a specified image does not exist', { short: 'i' }),
  },
  async run({ flags, args, context, signal }) {
    const engine = await context.engine();
    const { store } = engine;
    if (flags.all && args.length > 0)
      throw new Error('when using the --all switch, you may not pass any images names or IDs');
    if (!flags.all && args.length === 0) throw new Error('image name or ID must be specified');
    const targets = flags.all ? (await store.images()).map((image) => image.id) : args;
    await each(
      targets,
      async (name) => {
        let image: Awaited<ReturnType<typeof findLocalImage>>;
        try {
          image = await findLocalImage(store, name);
        } catch (error) {
          if (flags.ignore && (error as { code?: string }).code === 'IMAGE_NOT_FOUND') return;
          throw error;
        }
        if (flags.force) await removeUsers(image.id);
        for (const line of await removeImage(store, image, name, {
          force: flags.force ?? false,
          all: flags.all ?? false,
        }))
          process.stdout.write(`${line}\n`);
      },
      statusOf,
    );
    return undefined;

    async function removeUsers(imageId: string): Promise<void> {
      for (const container of await engine.containers.all()) {
        if (container.record.image?.id === imageId)
          await removeContainerByUser(engine, container, { force: true, signal });
      }
    }
  },
});

/** 1: not there; 2: in use. */
function statusOf(error: unknown): number {
  const { code } = error as { code?: string };
  return code === 'IMAGE_NOT_FOUND' ? 1 : code === 'IN_USE' ? 2 : 125;
}
