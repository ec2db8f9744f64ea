import { InvalidArgumentError } from 'commander';
import { readFileSync } from 'node:fs';
import { basename, normalize, sep } from 'node:path';
import { fileName } from '../arguments.js';
import { isThere, orExplain } from '../files.js';
import { InputError } from '../input-error.js';

/**
 * Reads the name of a folder that a report can stand beside, under the same name and `.md`.
 *
 * @returns the folder without a slash at its end
 */
export function outFolder(text: string): string {
  const path = normalize(fileName(text));
  const folder = path.endsWith(sep) ? path.slice(0, -1) : path;
  if (!['', '.', '..'].includes(basename(folder))) return folder;
  throw new InvalidArgumentError(
    'Expected a folder with a name of its own, such as evaluation: the report stands beside it.',
  );
}

/** The report that belongs to a folder. */
export function reportOf(folder: string): string {
  return `${folder}.md`;
}

/**
 * Sees that no text of somebody else stands where the report goes.
 *
 * @throws `InputError` for a file that `tetri evaluate` did not write
 */
export function checkIsOwnReport(path: string): void {
  if (!isThere(path)) return;
  const text = orExplain(`cannot read ${JSON.stringify(path)}`, () => readFileSync(path, 'utf8'));
  if (/^<!-- Written by tetri evaluate\b/m.test(text)) return;
  const advice = 'delete or move it, or name another --out';
  throw new InputError(`${path} is no report of tetri evaluate, so that nothing was changed; ${advice}`);
}
