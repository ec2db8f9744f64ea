import type { Estimate } from './estimate.js';

/** A point or a bar. */
export interface Point {
  /** A number for lines; for bars the name of its group. */
  readonly x: number | string;
  readonly y: Estimate;
}

/** What has one colour. */
export interface Series {
  readonly name: string;
  /** Of lines in the order of x. */
  readonly points: readonly Point[];
}

/** One pair of axes. */
export interface Panel {
  /** What holds for all of it, such as `uniform mix`; empty if there is one panel only. */
  readonly title: string;
  readonly yName: string;
  /** Whether its values are shares, from 0 to 1, shown as per cent. */
  readonly isShare: boolean;
  /** At least one of them has a point. */
  readonly series: readonly Series[];
}

/** Numbers to be drawn, and to stand in a table. */
export interface Figure {
  readonly form: 'lines' | 'bars';
  readonly xName: string;
  /** Whether the vertical axis is logarithmic; of lines only, since bars start at 0. */
  readonly isLog: boolean;
  /** Whether the horizontal axis is. */
  readonly isLogX: boolean;
  /** Whether points are told apart by symbols and intervals; off where there are too many of them. */
  readonly hasMarks: boolean;
  readonly panels: readonly Panel[];
}
