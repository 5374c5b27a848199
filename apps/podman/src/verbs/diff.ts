import { bool, string } from '@lighter/cli/flags';
import { podmanCommand } from '../context.ts';
import { selectContainers } from '../select-containers.ts';

/** What every start makes in a container; whether it changed says nothing. */
const made = new Set(
  '/dev /proc /sys /run /run/.containerenv /run/notify /run/secrets /etc/hostname /etc/hosts /etc/mtab /etc/resolv.conf'.split(
    ' ',
  ),
);

const letters = { modified: 'C', added: 'A', deleted: 'D' } as const;

export const command = podmanCommand({
  use: 'diff [options] CONTAINER',
  summary: "Inspect changes to the container's file systems",
  examples: ['podman diff ctrID', 'podman diff --format json ctrID'],
  flags: {
    format: string('change the output format (json)'),
    latest: bool('act on the latest container podman is aware of', { short: 'l' }),
  },
  async run({ flags, args, context }) {
    if (args.length > 1)
      throw new Error('changes between two containers or images are not built yet: name one container');
    if (flags.format !== undefined && flags.format !== 'json')
      throw new Error("only supported value for '--format' is 'json'");
    const engine = await context.engine();
    const [selected] = await selectContainers(engine, { names: args, latest: flags.latest });
    if (!selected) return 125;
    const { id, config } = selected.container.record;
    const mounted = new Set(config.spec.mounts?.map(({ destination }) => destination));
    const changes = (await engine.store.changes(id)).filter(({ path }) => !made.has(path) && !mounted.has(path));
    if (flags.format === undefined) {
      process.stdout.write(changes.map(({ kind, path }) => `${letters[kind]} ${path}\n`).join(''));
      return undefined;
    }
    const of = (kind: keyof typeof letters) => {
      const paths = changes.filter((change) => change.kind === kind).map(({ path }) => path);
      return paths.length > 0 ? paths : undefined;
    };
    const json = { changed: of('modified'), added: of('added'), deleted: of('deleted') };
    process.stdout.write(`${JSON.stringify(json, undefined, 5)}\n`);
    return undefined;
  },
});
