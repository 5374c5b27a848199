import { bool, choice, string, strings } from '@lighter/cli/flags';
import { alignTable } from '@lighter/cli/table';
import { humanDuration, shortest } from '@lighter/cli/units';
import { podmanCommand } from '../context.ts';
import { type ListedImage, listImages } from '../image-list.ts';

export const command = podmanCommand({
  use: 'images [options] [IMAGE]',
  summary: 'Lists images previously pulled to the system or created on the system.',
  examples: ['podman images --format json', 'podman images --filter dangling=true'],
  flags: {
    all: bool('show all images (default hides intermediate images)', { short: 'a' }),
    digests: bool('show digests'),
    filter: strings('filter output based on conditions provided', { short: 'f' }),
    format: string('change the output format to JSON or a Go template'),
    history: bool('display the image name history'),
    'no-trunc': bool('do not truncate output'),
    noheading: bool('do not print column headings', { short: 'n' }),
    quiet: bool('display only image IDs', { short: 'q' }),
    sort: choice('sort by', ['created', 'id', 'repository', 'size', 'tag']),
  },
  async run({ flags, args, context }) {
    if (args.length > 1) throw new Error('podman images accepts at most 1 argument');
    const images = await listImages(await context.store(), {
      all: flags.all ?? false,
      filters: flags.filter ?? [],
      ...(args[0] === undefined ? {} : { name: args[0] }),
    });
    sortImages(images, flags.sort);
    const full = flags['no-trunc'] ?? false;
    if (flags.quiet) {
      for (const { image } of images) process.stdout.write(`${full ? `sha256:${image.id}` : image.id.slice(0, 12)}\n`);
      return undefined;
    }
    if (flags.format === 'json') {
      process.stdout.write(`${JSON.stringify(images.map(jsonOf), undefined, 4)}\n`);
      return undefined;
    }
    const rows = images.flatMap((image) => rowsOf(image, full));
    if (flags.format !== undefined) {
      const { renderRows } = await import('@lighter/cli/template-rows');
      process.stdout.write(renderRows(flags.format, rows, { headings, noHeading: flags.noheading ?? false }));
      return undefined;
    }
    const heading = [
      'REPOSITORY',
      'TAG',
      ...(flags.digests ? ['DIGEST'] : []),
      'IMAGE ID',
      'CREATED',
      'SIZE',
      ...(flags.history ? ['HISTORY'] : []),
    ];
    const cells = rows.map((row) => [
      row.Repository,
      row.Tag,
      ...(flags.digests ? [row.Digest] : []),
      row.ID,
      row.Created,
      row.Size,
      ...(flags.history ? [row.History] : []),
    ]);
    process.stdout.write(podmanTable(flags.noheading ? cells : [heading, ...cells]));
    return undefined;
  },
});

/** podman's tables: columns at least twelve wide, two blanks between. */
function podmanTable(rows: readonly (readonly string[])[]): string {
  return alignTable(
    rows.map((row) => row.map((cell, column) => (column < row.length - 1 ? cell.padEnd(10) : cell))),
    2,
  );
}

const headings = {
  ID: 'IMAGE ID',
  Id: 'IMAGE ID',
  Repository: 'REPOSITORY',
  Tag: 'TAG',
  Digest: 'DIGEST',
  Created: 'CREATED',
  CreatedAt: 'CREATED AT',
  CreatedSince: 'CREATED',
  Size: 'SIZE',
  History: 'HISTORY',
};

function rowsOf({ image, size, created }: ListedImage, full: boolean) {
  const names = image.names.length > 0 ? image.names : ['<none>:<none>'];
  return names.map((name) => {
    const [, repository = name, tag = '<none>'] = /^(.*?)(?::([^:/@]+))?(?:@.*)?$/.exec(name) ?? [];
    const since = `${humanDuration(Date.now() - created.getTime())} ago`;
    return {
      Repository: repository,
      Tag: tag,
      Digest: image.digest ?? '<none>',
      ID: full ? `sha256:${image.id}` : image.id.slice(0, 12),
      Id: image.id,
      Created: since,
      CreatedSince: since,
      CreatedAt: goTimeText(created),
      Size: sizeText(size),
      History: image.namesHistory.join(', '),
      Names: image.names,
      ReadOnly: image.readOnly,
    };
  });
}

/** Three digits: `2.16 MB`. */
function sizeText(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let size = bytes;
  let unit = 0;
  for (; size >= 1000 && unit < units.length - 1; unit++) size /= 1000;
  return `${shortest(size, 3)} ${units[unit]}`;
}

/** As Go prints a time: `2022-06-15 18:32:59 +0000 UTC`. */
function goTimeText(time: Date): string {
  return `${time.toISOString().slice(0, 19).replace('T', ' ')} +0000 UTC`;
}

function jsonOf({ image, size, created, containers }: ListedImage): object {
  const repositories = [...new Set(image.names.map((name) => name.replace(/[:@][^/]*$/, '')))];
  return {
    Id: image.id,
    ParentId: '',
    RepoTags: null,
    RepoDigests: repositories.flatMap((repository) => image.digests.map((digest) => `${repository}@${digest}`)),
    Size: size,
    SharedSize: 0,
    VirtualSize: size,
    Labels: null,
    Containers: containers,
    ...(image.readOnly ? { ReadOnly: true } : {}),
    ...(image.names.length === 0 ? { Dangling: true } : {}),
    Digest: image.digest ?? '',
    History: image.namesHistory,
    Names: image.names,
    Created: Math.floor(created.getTime() / 1000),
    CreatedAt: `${created.toISOString().slice(0, 19)}Z`,
  };
}

function sortImages(images: ListedImage[], by: string | undefined): void {
  const key = (listed: ListedImage): string | number => {
    const name = listed.image.names[0] ?? '';
    if (by === 'id') return listed.image.id;
    if (by === 'size') return listed.size;
    if (by === 'tag') return name.replace(/^.*:/, '');
    return name;
  };
  if (by === undefined || by === 'created') return;
  images.sort((a, b) => (key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : 0));
}
