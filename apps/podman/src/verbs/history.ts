import { bool, string } from '@lighter/cli/flags';
import { humanDuration, humanSize } from '@lighter/cli/units';
import { findLocalImage } from '@lighter/image/local-images';
import { podmanCommand } from '../context.ts';
import { expectArguments } from '../each.ts';
import { type HistoryStep, imageHistory } from '../image-history.ts';
import { printList } from '../print-list.ts';

export const command = podmanCommand({
  use: 'history [options] IMAGE',
  summary: 'Show history of a specified image',
  examples: ['podman history quay.io/fedora/fedora', "podman history --format '{{.ID}} {{.Size}}' fedora"],
  flags: {
    format: string('change the output to JSON or a Go template'),
    human: bool('display dates in human readable format', { short: 'H' }),
    'no-trunc': bool('do not truncate the output'),
    quiet: bool('display the numeric IDs only', { short: 'q' }),
  },
  async run({ flags, args, context }) {
    expectArguments('history', args, 1, 1);
    const store = await context.store();
    const steps = await imageHistory(store, await findLocalImage(store, args[0] ?? ''));
    if (flags.format === 'json') {
      process.stdout.write(`${JSON.stringify(steps.map(jsonOf))}\n`);
      return undefined;
    }
    const full = flags['no-trunc'] ?? false;
    const rows = steps.map((step) => rowOf(step, full, flags.human ?? true));
    if (flags.quiet) process.stdout.write(rows.map(({ ID }) => `${ID}\n`).join(''));
    else await printList({ rows, columns, format: flags.format });
    return undefined;
  },
});

const columns = [
  ['ID', 'ID'],
  ['Created', 'CREATED'],
  ['CreatedBy', 'CREATED BY'],
  ['Size', 'SIZE'],
  ['Comment', 'COMMENT'],
] as const;
/** Characters of a step's command. */
const SHOWN = 45;

function rowOf({ id, tags, created, createdBy, comment, size }: HistoryStep, full: boolean, human: boolean) {
  const since = created === undefined ? '' : `${humanDuration(Date.now() - Date.parse(created))} ago`;
  const at = created === undefined ? '' : withoutFraction(created);
  return {
    ID: id === undefined ? '<missing>' : full ? id : id.slice(0, 12),
    Created: human ? since : at,
    CreatedSince: since,
    CreatedAt: at,
    CreatedBy: full || createdBy.length <= SHOWN ? createdBy : `${createdBy.slice(0, SHOWN - 3)}...`,
    Comment: comment,
    Size: humanSize(size, { digits: 3, blank: ' ' }),
    Tags: tags,
  };
}

function jsonOf({ id, created, createdBy, comment, size }: HistoryStep): object {
  return {
    id: id ?? '<missing>',
    ...(created === undefined ? {} : { created }),
    CreatedBy: createdBy,
    size,
    ...(comment === '' ? {} : { comment }),
    ...(created === undefined ? {} : { Created: withoutFraction(created) }),
  };
}

/** RFC 3339 in whole seconds. */
function withoutFraction(time: string): string {
  return time.replace(/\.\d+/, '');
}
