import { InputError } from '../input-error.js';
import type { ProfileFlags } from './flags.js';

/** The workers to be started: as many as asked for, or as the largest degree needs. */
export function worldSizeOf({ degrees, worldSize }: Pick<ProfileFlags, 'degrees' | 'worldSize'>): number {
  const largest = Math.max(...degrees);
  if (worldSize !== undefined && worldSize < largest) {
    throw new InputError(`degree ${largest} needs ${largest} workers, and --world-size is ${worldSize}`);
  }
  return worldSize ?? largest;
}
