import { listBuilders } from '@lighter/build/open-builder';
import { bool, string, stringList } from '@lighter/cli/flags';
import type { Container, Image } from '@lighter/storage/store-types';
import { parseContainerFilters } from '../container-filters.ts';
import { buildahCommand } from '../context.ts';
import { printJson } from '../json.ts';

export const command = buildahCommand({
  use: 'containers [flags]',
  summary: 'Lists working containers.',
  flags: {
    all: bool('also list non-buildah containers', { short: 'a' }),
    filter: stringList('filter output based on conditions provided', { short: 'f' }),
    format: string('pretty-print containers using a Go template'),
    json: bool('output in JSON format'),
    noheading: bool('do not print column headings', { short: 'n' }),
    notruncate: bool('do not truncate output'),
    quiet: bool('display only container IDs', { short: 'q' }),
  },
  async run({ flags, context }) {
    const store = await context.store();
    const accepts = parseContainerFilters(flags.filter ?? []);
    const images = new Map((await store.images()).map((image) => [image.id, image]));
    const builders = new Set((await listBuilders(store)).map(({ id }) => id));
    const rows = (await store.containers())
      .filter(({ id }) => flags.all || builders.has(id))
      .map((container) => row(container, builders.has(container.id), images))
      .filter(accepts);
    if (flags.json) return printJson(rows.length > 0 ? rows : null);
    if (flags.format !== undefined) return printTemplate(flags.format, rows);
    const line = flags.notruncate ? fullLine : shortLine;
    if (flags.quiet) {
      for (const { id } of rows) process.stdout.write(`${id.padEnd(64)}\n`);
      return undefined;
    }
    if (!flags.noheading) {
      process.stdout.write(
        line({
          id: 'CONTAINER ID',
          builder: 'BUILDER',
          imageid: 'IMAGE ID',
          imagename: 'IMAGE NAME',
          containername: 'CONTAINER NAME',
        }),
      );
    }
    for (const one of rows) process.stdout.write(line({ ...one, builder: one.builder ? '   *' : '' }));
    return undefined;
  },
});

interface Row {
  readonly id: string;
  readonly builder: boolean;
  readonly imageid: string;
  readonly imagename: string;
  readonly containername: string;
}

function row(container: Container, builder: boolean, images: ReadonlyMap<string, Image>): Row {
  return {
    id: container.id,
    builder,
    imageid: container.image,
    imagename: container.image === '' ? 'scratch' : (images.get(container.image)?.names[0] ?? ''),
    containername: container.names[0] ?? '',
  };
}

type Cells = Omit<Row, 'builder'> & { readonly builder: string };

function shortLine({ id, builder, imageid, imagename, containername }: Cells): string {
  return `${cut(id)}  ${builder.padEnd(8)} ${cut(imageid)} ${imagename.padEnd(32)} ${containername}\n`;
}

function fullLine({ id, builder, imageid, imagename, containername }: Cells): string {
  return `${id.padEnd(64)} ${builder.padEnd(8)} ${imageid.padEnd(64)} ${imagename.padEnd(32)} ${containername}\n`;
}

function cut(text: string): string {
  return text.slice(0, 12).padEnd(12);
}

async function printTemplate(format: string, rows: readonly Row[]): Promise<undefined> {
  const { renderRows } = await import('@lighter/cli/template-rows');
  const fields = rows.map(({ id, builder, imageid, imagename, containername }) => ({
    ContainerID: id,
    Builder: builder ? '   *' : '',
    ImageID: imageid,
    ImageName: imagename,
    ContainerName: containername,
  }));
  process.stdout.write(renderRows(format, fields));
  return undefined;
}
