import { findLocalImage } from '@lighter/image/local-images';
import { localName } from '@lighter/image/local-name';
import { podmanCommand } from '../context.ts';
import { expectArguments } from '../each.ts';

export const command = podmanCommand({
  use: 'tag IMAGE TARGET_NAME [TARGET_NAME...]',
  summary: 'Adds one or more additional names to locally-stored image.',
  examples: ['podman tag 0e3bbc2 fedora:latest'],
  flags: {},
  async run({ args, context }) {
    expectArguments('tag', args, 2);
    const [name = '', ...targets] = args;
    const store = await context.store();
    const image = await findLocalImage(store, name);
    await store.setImageNames(image.id, [...image.names, ...targets.map(localName)]);
    return undefined;
  },
});
