/** Columns as Go's text/tabwriter aligns them for the container tools: each as wide as its longest cell plus three blanks. */

const GAP = 3;

/** Rows of cells to text, each row with a newline. The last cell of a row isn't padded. Widths count characters. */
export function alignTable(rows: readonly (readonly string[])[], gap: number = GAP): string {
  const widths: number[] = [];
  for (const row of rows)
    for (const [column, cell] of row.slice(0, -1).entries())
      widths[column] = Math.max(widths[column] ?? 0, [...cell].length);
  return rows.map((row) => `${row.map((cell, column) => padded(cell, column, row, widths, gap)).join('')}\n`).join('');
}

function padded(cell: string, column: number, row: readonly string[], widths: readonly number[], gap: number): string {
  if (column === row.length - 1) return cell;
  return cell + ' '.repeat((widths[column] ?? 0) + gap - [...cell].length);
}
