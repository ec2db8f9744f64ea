import type { LastLine } from './lines.js';

/** What a life of the server is like: its only argument, as JSON. */
export interface ServerOptions {
  /** Where the journal and the artifacts are. */
  readonly dir: string;
  /** Makes ids and random numbers its own. */
  readonly life: number;
  readonly seed: number;
  readonly fsync: 'always' | 'never';
  /**
   * What is submitted: nothing, and it ends when all has ended; some hundred requests a second; or in addition so many that are taken
   * back at once, that the journal is rewritten in the middle of the life.
   */
  readonly submissions: 'none' | 'steady' | 'flood';
  /** Whether it knows the large shape. */
  readonly knowsLarge: boolean;
  readonly whenLate: 'finish' | 'drop';
  readonly whenFull: 'refuse' | 'displace';
  readonly lastLine?: LastLine;
}

/** Lives in which a request may have been running when they were cut off. */
export const maxCrashes = 4;
