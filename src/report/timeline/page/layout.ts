import type { Lane } from './run.js';

/** Height of the time axis at the top, in px. */
export const axisHeight = 28;
/** Width of the names of lanes at the left, in px. */
export const gutter = 76;
/** Free space at the right, in px. */
export const rightMargin = 12;

const headingHeight = 24;

/** Where everything stands, in px from the top of the content, which begins under the axis. */
export interface Layout {
  readonly headings: readonly { readonly top: number; readonly text: string }[];
  /** The top of each lane. */
  readonly laneTops: readonly number[];
  readonly laneHeight: number;
  readonly rowsTop: number;
  readonly rowHeight: number;
  readonly rows: number;
  /** Of all. */
  readonly height: number;
}

/**
 * Lanes by domain, and under them the rows of requests; as high as fits, but no smaller than can be read and pointed at.
 *
 * @param available - the height to be filled if possible, in px
 */
export function layOut(lanes: readonly Lane[], rows: number, available: number): Layout {
  const domains = new Set(lanes.map(({ domain }) => domain)).size;
  const free = available - (domains + 1) * headingHeight - 20;
  const rowHeight = between(5, Math.floor((0.4 * free) / Math.max(1, rows)), 20);
  const laneHeight = between(11, Math.floor((free - rows * rowHeight) / Math.max(1, lanes.length)), 60);
  const headings: { top: number; text: string }[] = [];
  const laneTops: number[] = [];
  let top = 0;
  lanes.forEach(({ domain }, index) => {
    if (domain !== lanes[index - 1]?.domain) {
      headings.push({ top, text: `NVLink domain ${domain}` });
      top += headingHeight;
    }
    laneTops.push(top);
    top += laneHeight;
  });
  headings.push({ top: top + 8, text: 'Requests, from arrival to completion' });
  const rowsTop = top + 8 + headingHeight;
  return { headings, laneTops, laneHeight, rowsTop, rowHeight, rows, height: rowsTop + rows * rowHeight + 12 };
}

/** The lane at a height, if there is one. */
export function laneAt({ laneTops, laneHeight }: Layout, y: number): number | undefined {
  const lane = laneTops.findLastIndex((top) => top <= y);
  return lane >= 0 && y < laneTops[lane]! + laneHeight ? lane : undefined;
}

/** The row at a height, if there is one. */
export function rowAt({ rowsTop, rowHeight, rows }: Layout, y: number): number | undefined {
  const row = Math.floor((y - rowsTop) / rowHeight);
  return row >= 0 && row < rows ? row : undefined;
}

function between(low: number, value: number, high: number): number {
  return Math.max(low, Math.min(high, value));
}
