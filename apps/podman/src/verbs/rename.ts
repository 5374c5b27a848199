import { exactArguments } from '@lighter/cli/arguments';
import { renameContainer } from '@lighter/engine/rename';
import { podmanCommand } from '../context.ts';

export const command = podmanCommand({
  use: 'rename CONTAINER NAME',
  summary: 'Rename an existing container',
  examples: ['podman rename containerA newName'],
  flags: {},
  arguments: exactArguments(2),
  async run({ args, context }) {
    const [container = '', name = ''] = args;
    const engine = await context.engine();
    await renameContainer(engine, await engine.containers.get(container), name);
    return undefined;
  },
});
