import { axisHeight, gutter, rightMargin } from './layout.js';
import type { Scene } from './scene.js';

/** Room for a label of the axis, in px. */
const tickSpacing = 110;

function ticksOf({ scale, width }: Scene): { readonly ms: number; readonly label: string }[] {
  const inSeconds = scale.copy().domain(scale.domain().map((ms) => ms / 1000));
  const count = Math.max(2, Math.floor((width - gutter) / tickSpacing));
  const format = inSeconds.tickFormat(count);
  return inSeconds.ticks(count).map((value) => ({ ms: value * 1000, label: `${format(value)} s` }));
}

/** The line of each tick through the whole content. */
export function drawGrid(context: CanvasRenderingContext2D, scene: Scene): void {
  const { x, layout, theme } = scene;
  context.fillStyle = theme.line;
  for (const { ms } of ticksOf(scene)) context.fillRect(Math.round(x(ms)), 0, 1, layout.height);
}

/** The times at the top. */
export function drawAxis(context: CanvasRenderingContext2D, scene: Scene): void {
  const { x, theme, width } = scene;
  context.globalAlpha = 1;
  context.fillStyle = theme.background;
  context.fillRect(0, 0, width, axisHeight);
  context.fillStyle = theme.line;
  context.fillRect(0, axisHeight - 1, width, 1);
  context.font = '12px system-ui, sans-serif';
  context.textBaseline = 'middle';
  context.textAlign = 'left';
  context.fillStyle = theme.mutedText;
  context.fillText('Time', 10, axisHeight / 2);
  context.textAlign = 'center';
  for (const { ms, label } of ticksOf(scene)) {
    const half = context.measureText(label).width / 2;
    const at = x(ms);
    // A label at the edge is moved inwards, in place of being cut off.
    const centre = Math.min(Math.max(at, gutter + half - 8), width - rightMargin - half + 8);
    context.fillText(label, centre, axisHeight / 2);
    context.fillRect(Math.round(at), axisHeight - 6, 1, 5);
  }
}
