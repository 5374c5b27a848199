/** What the listing verbs of volumes, networks and secrets print: a table, JSON, or a Go template for each row. */
import { alignTable } from '@lighter/cli/table';

export interface Listing<Row extends object> {
  readonly rows: readonly Row[];
  /** Fields of the table, in order, with their headings. */
  readonly columns: readonly (readonly [field: keyof Row & string, heading: string])[];
  /** What `--format json` prints. Default: the rows. */
  readonly json?: readonly object[];
  readonly format?: string | undefined;
  readonly noHeading?: boolean | undefined;
}

export async function printList<Row extends object>(listing: Listing<Row>): Promise<void> {
  const { rows, columns, format, noHeading = false } = listing;
  if (format === 'json') {
    process.stdout.write(`${JSON.stringify(listing.json ?? rows, undefined, 5)}\n`);
    return;
  }
  if (format !== undefined) {
    const { renderRows } = await import('@lighter/cli/template-rows');
    process.stdout.write(renderRows(format, rows, { headings: Object.fromEntries(columns), noHeading }));
    return;
  }
  if (rows.length === 0 && noHeading) return;
  const cells = rows.map((row) => columns.map(([field]) => String(row[field])));
  const heading = columns.map(([, text]) => text);
  const wide = (noHeading ? cells : [heading, ...cells]).map((row) =>
    row.map((cell, column) => (column < row.length - 1 ? cell.padEnd(10) : cell)),
  );
  process.stdout.write(alignTable(wide, 2));
}

/** `inspect`: JSON, or a template over each object. */
export async function printObjects(objects: readonly object[], format: string | undefined, indent = 5): Promise<void> {
  if (format === undefined || format === 'json') {
    process.stdout.write(`${JSON.stringify(objects, undefined, indent)}\n`);
    return;
  }
  const { renderRows } = await import('@lighter/cli/template-rows');
  process.stdout.write(renderRows(format, objects));
}
