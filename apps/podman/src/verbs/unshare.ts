import { ExitStatus } from '@lighter/cli/program';
import { rootlessUid } from '@lighter/linux/launched';
import { podmanCommand } from '../context.ts';
import { runForeground } from '../run-program.ts';

export const command = podmanCommand({
  use: 'unshare [options] [COMMAND [ARG...]]',
  summary: "Runs a command, or the user's shell, as root of the user's own namespaces.",
  examples: ['podman unshare id', 'podman unshare cat /proc/self/uid_map'],
  flags: {},
  interspersed: false,
  async run({ args, context }) {
    if (rootlessUid() === undefined) throw new Error('please use unshare with rootless');
    const shell = process.env['SHELL'];
    const [program, ...rest] = args.length > 0 ? args : shell ? [shell] : [];
    if (program === undefined) throw new Error('no command specified and no $SHELL specified');
    const store = await context.store();
    process.env['CONTAINERS_GRAPHROOT'] = store.graphRoot;
    process.env['CONTAINERS_RUNROOT'] = store.runRoot;
    // Commands in there may mount: what they mount is seen by those after them.
    process.env['_CONTAINERS_USERNS_CONFIGURED'] = 'done';
    const status = await runForeground(program, rest);
    if (status !== 0) throw new ExitStatus(status);
    return undefined;
  },
});
