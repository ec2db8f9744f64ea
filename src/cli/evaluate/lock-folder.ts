import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { orExplain } from '../files.js';
import { InputError } from '../input-error.js';

/**
 * Keeps other processes from writing to a folder of results, which would lose the results of one of them.
 *
 * @returns what lets others in again
 * @throws `InputError` that names the lock if one is there
 */
export function lockFolder(folder: string): () => void {
  const lock = join(folder, 'results.lock');
  orExplain(`cannot write ${JSON.stringify(lock)}`, () => {
    try {
      writeFileSync(lock, `${process.pid}\n`, { flag: 'wx' });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      throw new InputError(`another tetri evaluate writes to ${folder}; if none runs any more, delete ${lock}`);
    }
  });
  return () => rmSync(lock, { force: true });
}
