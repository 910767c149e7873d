/**
 * Rows of text in aligned columns.
 *
 * Security: cells quote strangers: what other servers answered, subjects, names that clients give themselves. Control
 * characters would speak to the terminal, or pass for another row.
 */

/** One string, lines joined by line feeds; the last column is not padded. */
export function table(rows: readonly (readonly string[])[], gap = '  '): string {
  const cells = rows.map((row) => row.map((cell) => cell.replace(/\p{Cc}/gu, '?')))
  const widths: number[] = []
  for (const row of cells) row.forEach((cell, column) => (widths[column] = Math.max(widths[column] ?? 0, cell.length)))
  const line = (row: readonly string[]) =>
    row.map((cell, column) => (column === row.length - 1 ? cell : cell.padEnd(widths[column] ?? 0))).join(gap)
  return cells.map(line).join('\n')
}
