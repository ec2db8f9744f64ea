import { TetriError } from '../../model/index.js';

/** The columns that hold a moment, by what they count on. */
const clocks = {
  ms: ['arrivalMs', 'deadlineMs'],
  dates: ['timestamp', 'deadline'],
} as const;
const isOf = { ms: 'is in ms', dates: 'is a date' } as const;

/**
 * Sees that all moments of a file are of one clock: ms may count from anywhere, so that nothing says where a date stands among them.
 *
 * @param rows - the fields that hold something, and where they stand
 * @throws `TetriError` that names the two columns, with their lines
 */
export function checkOneClock(
  rows: readonly { readonly path: string; readonly fields: Readonly<Partial<Record<string, string>>> }[],
): void {
  const moments = rows.flatMap(({ path, fields }) =>
    (['ms', 'dates'] as const).flatMap((clock) =>
      clocks[clock]
        .filter((column) => fields[column] !== undefined)
        .map((column) => ({ clock, path: `${path}.${column}`, value: fields[column] })),
    ),
  );
  const [first] = moments;
  const other = moments.find(({ clock }) => clock !== first?.clock);
  if (first === undefined || other === undefined) return;
  const pair = `this ${isOf[other.clock]}, but ${first.path} ${isOf[first.clock]}`;
  const rule = 'deadlineMs goes with arrivalMs, and deadline with timestamp';
  throw new TetriError('invalid-type', `expected one clock for all times; ${pair}: ${rule}`, other.path, other.value);
}
