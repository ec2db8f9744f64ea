import { drawAxis, drawGrid } from './draw-axis.js';
import { drawBlocks } from './draw-blocks.js';
import { drawRows } from './draw-rows.js';
import { axisHeight, gutter } from './layout.js';
import type { Scene } from './scene.js';

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
  for (const { top, text } of layout.headings) {
    // Over the lines of the grid.
    context.fillStyle = theme.background;
    context.fillRect(10, top + 4, context.measureText(text).width + 8, 18);
    context.fillStyle = theme.text;
    context.fillText(text, 10, top + 13);
  }
  context.font = `${Math.min(12, layout.laneHeight)}px system-ui, sans-serif`;
  context.fillStyle = theme.mutedText;
  layout.laneTops.forEach((top, lane) => {
    context.fillText(`GPU ${run.lanes[lane]!.gpu}`, 10, top + layout.laneHeight / 2 + 0.5);
  });
}
