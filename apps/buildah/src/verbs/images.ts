import { bool, string, stringList } from '@lighter/cli/flags';
import { alignTable } from '@lighter/cli/table';
import { humanDuration, shortest } from '@lighter/cli/units';
import { buildahCommand } from '../context.ts';
import { printJson } from '../json.ts';
import { type ListedImage, listImages } from '../list-images.ts';

export const command = buildahCommand({
  use: 'images [flags] [IMAGE]',
  summary: 'Lists images.',
  flags: {
    all: bool('show all images, including intermediate images from a build', { short: 'a' }),
    digests: bool('show digests'),
    filter: stringList('filter output based on conditions provided', { short: 'f' }),
    format: string('pretty-print images using a Go template'),
    json: bool('output in JSON format'),
    'no-trunc': bool('do not truncate output'),
    noheading: bool('do not print column headings', { short: 'n' }),
    quiet: bool('display only image IDs', { short: 'q' }),
  },
  async run({ flags, args, context }) {
    if (args.length > 1) throw new Error("'buildah images' requires at most 1 argument");
    if (flags.all && args.length > 0)
      throw new Error('when using the --all switch, you may not pass any images names or IDs');
    const images = await listImages(await context.store(), {
      all: flags.all ?? false,
      filters: flags.filter ?? [],
      ...(args[0] === undefined ? {} : { name: args[0] }),
    });
    const id = (image: ListedImage) => (flags['no-trunc'] ? `sha256:${image.id}` : image.id.slice(0, 12));
    if (flags.json) return printJson(images.map((image) => jsonOf(image, id(image))));
    if (flags.quiet) {
      for (const image of images) process.stdout.write(`${id(image)}\n`);
      return undefined;
    }
    const rows = images.flatMap((image) => rowsOf(image, id(image)));
    if (flags.format !== undefined) return printTemplate(flags.format, rows);
    const heading = ['REPOSITORY', 'TAG', ...(flags.digests ? ['<no value>'] : []), 'IMAGE ID', 'CREATED', 'SIZE'];
    const cells = rows.map((row) => [
      row.Name,
      row.Tag,
      ...(flags.digests ? [row.Digest] : []),
      row.ID,
      row.CreatedAt,
      row.Size,
    ]);
    process.stdout.write(alignTable(flags.noheading ? cells : [heading, ...cells]));
    return undefined;
  },
});

/** Three digits and a blank before the unit, which is `KB` here. */
function sizeOf(bytes: number): string {
  const units = ['B', 'KB', 'MB', 'GB', 'TB'];
  let size = bytes;
  let unit = 0;
  while (size >= 1000 && unit < units.length - 1) {
    size /= 1000;
    unit++;
  }
  return `${shortest(size, 3)} ${units[unit]}`;
}

function age(created: Date): string {
  return `${humanDuration(Date.now() - created.getTime())} ago`;
}

function jsonOf(image: ListedImage, id: string): object {
  return {
    id,
    names: image.names.length > 0 ? image.names : null,
    digest: image.digest,
    createdat: age(image.created),
    size: sizeOf(image.size),
    created: Math.floor(image.created.getTime() / 1000),
    createdatraw: image.createdText,
    readonly: image.readOnly,
    history: null,
  };
}

/** One for each name. */
function rowsOf(image: ListedImage, id: string) {
  const rest = {
    ID: id,
    Digest: image.digest,
    CreatedAt: age(image.created),
    CreatedAtRaw: image.createdText,
    Size: sizeOf(image.size),
    ReadOnly: image.readOnly,
    History: '',
  };
  if (image.names.length === 0) return [{ Name: '<none>', Tag: '<none>', ...rest }];
  return image.names.map((name) => {
    const [, repository = name, tag = '<none>'] = /^(.*?)(?::([^:/@]+))?(?:@.*)?$/.exec(name) ?? [];
    return { Name: repository, Tag: tag, ...rest };
  });
}

async function printTemplate(format: string, rows: readonly object[]): Promise<undefined> {
  const { renderRows } = await import('@lighter/cli/template-rows');
  process.stdout.write(renderRows(format, rows));
  return undefined;
}
