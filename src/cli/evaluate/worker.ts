import { parseProfile, type Profile } from '../../profile/index.js';
import type { Cell, CellResult } from '../../simulation/evaluation/index.js';
import { runCell } from './run-cell.js';

/** What a worker thread is told to do. */
export interface Task {
  readonly cell: Cell;
  /** The table of its profile, as JSON text. */
  readonly profileText: string;
}

const profiles = new Map<string, Profile>();

/** Runs or bounds a cell in a worker thread. What goes wrong is a result too, so that the others go on. */
export default async function run({ cell, profileText }: Task): Promise<CellResult> {
  try {
    const profile = profiles.get(profileText) ?? parseProfile(JSON.parse(profileText));
    profiles.set(profileText, profile);
    return await runCell(cell, profile, () => performance.now());
  } catch (error) {
    return { kind: 'failed', message: error instanceof Error ? error.message : String(error) };
  }
}
