import { candidateNames, findLocalImage } from '@lighter/image/local-images';
import { podmanCommand } from '../context.ts';
import { expectArguments } from '../each.ts';

export const command = podmanCommand({
  use: 'untag IMAGE [IMAGE...]',
  summary: 'Removes one or more names from a locally-stored image',
  examples: ['podman untag 0e3bbc2', 'podman untag imageID:latest otherImageName:latest'],
  flags: {},
  async run({ args, context }) {
    expectArguments('untag', args, 1);
    const [name = '', ...unwanted] = args;
    const store = await context.store();
    const image = await findLocalImage(store, name);
    let left: readonly string[] = unwanted.length === 0 ? [] : image.names;
    for (const text of unwanted) {
      const names = await candidateNames(text);
      const found = left.find((one) => one === text || names.includes(one));
      if (found === undefined) throw new Error(`${text}: tag not known`);
      left = left.filter((one) => one !== found);
    }
    await store.setImageNames(image.id, left);
    return undefined;
  },
});
