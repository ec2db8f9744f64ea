import type { ScaleLinear } from 'd3-scale';
import type { Targets } from './pick.js';
import type { PageRequest, Run } from './run.js';
import type { Theme } from './theme.js';

/** All that a frame depends on. */
export interface Scene extends Targets {
  readonly run: Run;
  readonly theme: Theme;
  readonly hatch: CanvasPattern | null;
  /** Of the canvas, in px. */
  readonly width: number;
  readonly height: number;
  /** From ms to px: a plain function, as it is called a hundred thousand times a frame. */
  readonly x: (ms: number) => number;
  /** The same, with all that an axis needs. */
  readonly scale: ScaleLinear<number, number>;
  readonly fromMs: number;
  readonly toMs: number;
  readonly scrollTop: number;
  /** Requests to stand out, all chunks of them. */
  readonly lit: ReadonlySet<PageRequest>;
  readonly lateOnly: boolean;
}

/** How strongly something is drawn: faintly if other things are to stand out. */
export function strength({ lit, lateOnly }: Scene, requests: readonly PageRequest[], isLate: boolean): number {
  if (lit.size > 0) return requests.some((request) => lit.has(request)) ? 1 : 0.22;
  return lateOnly && !isLate ? 0.1 : 1;
}
