import type { Builder } from '@lighter/build/builder';
import { openBuilder } from '@lighter/build/open-builder';
import { strings } from '@lighter/cli/flags';
import { ExitStatus } from '@lighter/cli/program';
import { rootlessUid } from '@lighter/linux/launched';
import { buildahCommand } from '../context.ts';
import { runForeground } from '../run-foreground.ts';

export const command = buildahCommand({
  use: 'unshare [flags] [COMMAND [ARGUMENT...]]',
  summary: "Runs a command, or the user's shell, as root of the user's own namespace.",
  flags: {
    mount: strings('mount the specified containers and set the environment variable to their mount points', {
      short: 'm',
    }),
  },
  interspersed: false,
  async run({ flags, args, context }) {
    if (rootlessUid() === undefined) throw new Error('please use unshare with rootless');
    const shell = process.env['SHELL'];
    const [program, ...rest] = args.length > 0 ? args : shell ? [shell] : [];
    if (program === undefined) {
      process.stderr.write('Error: no command specified\n');
      throw new ExitStatus(1);
    }
    process.env['BUILDAH_ISOLATION'] ??= 'rootless';
    // From here on this is a session that mounts are seen in.
    process.env['_CONTAINERS_USERNS_CONFIGURED'] = 'done';
    const mounted: Builder[] = [];
    try {
      for (const text of flags.mount ?? []) {
        const equals = text.indexOf('=');
        const name = text.slice(equals + 1);
        const builder = await openBuilder(await context.store(), name, { adopt: true });
        process.env[equals < 0 ? name : text.slice(0, equals)] = await builder.mount();
        mounted.push(builder);
      }
      return await runForeground(program, rest);
    } finally {
      for (const builder of mounted) await builder.unmount();
    }
  },
});
