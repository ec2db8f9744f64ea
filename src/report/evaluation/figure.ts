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
  readonly points: readonly Point[];
}

/** One pair of axes. */
export interface Panel {
  /** What holds for all of it, such as `uniform mix`; empty if there is one panel only. */
  readonly title: string;
  readonly yName: string;
  readonly series: readonly Series[];
}

/** Numbers to be drawn, and to stand in a table. */
export interface Figure {
  readonly form: 'lines' | 'bars';
  readonly xName: string;
  /** `share`: from 0 to 1, shown as per cent. */
  readonly unit: 'share' | 'number';
  /** Whether the vertical axis is logarithmic. */
  readonly isLog: boolean;
  /** Whether the horizontal axis is. */
  readonly isLogX: boolean;
  /** Whether points are told apart by symbols and intervals; off where there are too many of them. */
  readonly hasMarks: boolean;
  readonly panels: readonly Panel[];
}
