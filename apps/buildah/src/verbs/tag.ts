import { localName } from '@lighter/build/image-names';
import { findLocalImage } from '@lighter/image/local-images';
import { buildahCommand } from '../context.ts';

export const command = buildahCommand({
  use: 'tag IMAGE NAME...',
  summary: 'Gives an image further names.',
  flags: {},
  async run({ args, context }) {
    const [image, ...names] = args;
    if (image === undefined || names.length === 0) throw new Error('requires at least 2 arg(s), only received 1');
    const store = await context.store();
    const { id, names: before } = await findLocalImage(store, image);
    await store.setImageNames(id, [...new Set([...before, ...names.map(localName)])]);
  },
});
