import type { ChartOption } from '../../src/report/evaluation/index.js';

/** A picture of the guides. */
export interface Picture {
  /** Its file in `docs/pictures`, without the ending. */
  readonly name: string;
  /** For those who do not see it. */
  readonly title: string;
  readonly chart: ChartOption;
}
