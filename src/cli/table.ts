import Table from 'cli-table3';

/** The look of all tables: one line below the head, and no colours, so that it can be pasted anywhere. */
const chars = {
  ...{ top: '', 'top-mid': '', 'top-left': '', 'top-right': '' },
  ...{ bottom: '', 'bottom-mid': '', 'bottom-left': '', 'bottom-right': '' },
  ...{ left: '', 'left-mid': '', mid: '-', 'mid-mid': '  ', right: '', 'right-mid': '', middle: '  ' },
};

/**
 * A table as text, ended by a newline.
 *
 * @param numbers - whether all columns but the first hold numbers, which stand at the right
 */
export function formatTable(head: readonly string[], rows: readonly (readonly string[])[], numbers: boolean): string {
  const table = new Table({
    head: [...head],
    colAligns: head.map((_, index) => (numbers && index > 0 ? 'right' : 'left')),
    chars,
    style: { head: [], border: [], compact: true, 'padding-left': 0, 'padding-right': 0 },
  });
  table.push(...rows.map((row) => [...row]));
  return `${table.toString().replace(/ +$/gm, '')}\n`;
}
