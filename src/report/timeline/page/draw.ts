import type { ScaleLinear } from 'd3-scale';
import { drawAxis, drawGrid } from './draw-axis.js';
import { drawBlocks } from './draw-blocks.js';
import { drawRows } from './draw-rows.js';
import { axisHeight, gutter } from './layout.js';
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
  /** From ms to px. */
  readonly x: ScaleLinear<number, number>;
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

/** Draws a frame. O(log n) and what is visible. */
export function draw(context: CanvasRenderingContext2D, scene: Scene): void {
  const { theme, width, height, scrollTop, layout } = scene;
  context.globalAlpha = 1;
  context.fillStyle = theme.background;
  context.fillRect(0, 0, width, height);
  context.save();
  context.beginPath();
  context.rect(0, axisHeight, width, height - axisHeight);
  context.clip();
  context.translate(0, axisHeight - scrollTop);
  context.fillStyle = theme.stripe;
  layout.laneTops.forEach((top) => context.fillRect(gutter, top + 1, width - gutter, layout.laneHeight - 2));
  drawGrid(context, scene);
  context.save();
  context.beginPath();
  context.rect(gutter, 0, width - gutter, layout.height);
  context.clip();
  drawBlocks(context, scene);
  drawRows(context, scene);
  context.restore();
  drawNames(context, scene);
  context.restore();
  drawAxis(context, scene);
  context.globalAlpha = 1;
}

function drawNames(context: CanvasRenderingContext2D, { layout, run, theme }: Scene): void {
  context.globalAlpha = 1;
  context.textBaseline = 'middle';
  context.textAlign = 'left';
  context.font = '600 12px system-ui, sans-serif';
  context.fillStyle = theme.text;
  for (const { top, text } of layout.headings) context.fillText(text, 10, top + 13);
  context.font = `${Math.min(12, layout.laneHeight)}px system-ui, sans-serif`;
  context.fillStyle = theme.mutedText;
  layout.laneTops.forEach((top, lane) => {
    context.fillText(`GPU ${run.lanes[lane]!.gpu}`, 10, top + layout.laneHeight / 2 + 0.5);
  });
}
