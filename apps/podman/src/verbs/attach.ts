import { bool, string } from '@lighter/cli/flags';
import { attachToContainer } from '@lighter/engine/attach';
import { podmanCommand } from '../context.ts';
import { foregroundOptions } from '../foreground.ts';
import { selectContainers } from '../select-containers.ts';

export const command = podmanCommand({
  use: 'attach [options] CONTAINER',
  summary: 'Attach to a running container',
  examples: ['podman attach ctrID', 'podman attach --no-stdin foobar'],
  flags: {
    'detach-keys': string('select the key sequence for detaching a container'),
    latest: bool('act on the latest container podman is aware of', { short: 'l' }),
    'no-stdin': bool('do not attach STDIN'),
    'sig-proxy': bool('proxy received signals to the process (default true)'),
  },
  async run({ flags, args, context, signal }) {
    if (args.length > 1 || (args.length === 0 && !flags.latest)) {
      throw new Error('attach requires the name or ID of one running container or the latest flag');
    }
    const engine = await context.engine();
    const [selected] = await selectContainers(engine, { names: args, latest: flags.latest });
    if (!selected) return 125;
    const { container } = selected;
    const { stdin } = container.record.config.io;
    const how = await attachToContainer(
      engine,
      container,
      await foregroundOptions(engine, container.record, {
        attach: undefined,
        interactive: stdin && !flags['no-stdin'],
        detachKeys: flags['detach-keys'],
        sigProxy: flags['sig-proxy'],
        signal,
      }),
    );
    return how === 'detached' ? 0 : how & 0xff;
  },
});
