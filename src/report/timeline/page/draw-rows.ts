import { axisHeight } from './layout.js';
import type { RequestLine } from './rows.js';
import { strength, type Scene } from './scene.js';

/** The lines of the requests: waiting, running, completion and deadline; what is late is hatched and ends in a cross. */
export function drawRows(context: CanvasRenderingContext2D, scene: Scene): void {
  const { rows, layout, scrollTop, height, fromMs, toMs, x, scale } = scene;
  // Marks are wider than the lines that they stand on.
  const marginMs = scale.invert(8) - scale.invert(0);
  const marks: (() => void)[] = [];
  for (const [index, row] of rows.entries()) {
    const middle = layout.rowsTop + (index + 0.5) * layout.rowHeight;
    if (middle < scrollTop - 8 || middle > scrollTop + height - axisHeight + 8) continue;
    let drawnTo = -Infinity;
    let markedTo = -Infinity;
    row.visit(fromMs - marginMs, toMs + marginMs, (line) => {
      const { request, deadlineMs, endMs } = line;
      const isLit = scene.lit.has(request);
      // Where many share a pixel, one of them is enough.
      const right = x(Math.max(deadlineMs, endMs));
      if (isLit || right - drawnTo >= 1) {
        drawLine(context, scene, line, middle);
        drawnTo = right;
      }
      if (!request.isLate || (!isLit && x(deadlineMs) - markedTo < 3)) return;
      markedTo = x(deadlineMs);
      // Over all lines, so that none covers what matters most.
      marks.push(() => drawCross(context, scene, line, middle));
    });
  }
  for (const mark of marks) mark();
}

function drawLine(context: CanvasRenderingContext2D, scene: Scene, line: RequestLine, middle: number): void {
  const { x, theme, layout, hatch } = scene;
  const { request, arrivalMs, deadlineMs, endMs, firstMs } = line;
  const half = Math.max(1.5, layout.rowHeight / 2 - 2.5);
  const [arrival, first, end, deadline] = [x(arrivalMs), x(firstMs), x(endMs), x(deadlineMs)];
  context.globalAlpha = strength(scene, [request], request.isLate);
  context.fillStyle = theme.mutedText;
  context.fillRect(arrival, middle - 0.5, Math.max(first - arrival, 1), 1);
  // What was left of the time, up to the deadline.
  context.fillRect(end, middle - 0.5, Math.max(deadline - end, 0), 1);
  context.fillRect(arrival - 0.5, middle - half, 1, 2 * half);
  context.fillStyle = theme.chunk(request.index);
  context.fillRect(first, middle - half, Math.max(end - first, 1), 2 * half);
  if (endMs > deadlineMs) {
    context.fillStyle = theme.late;
    context.fillRect(Math.max(deadline, first), middle - half, end - Math.max(deadline, first), 2 * half);
    if (hatch !== null) {
      context.fillStyle = hatch;
      context.fillRect(Math.max(deadline, first), middle - half, end - Math.max(deadline, first), 2 * half);
    }
  }
  if (x(1000) - x(0) < 3) return;
  context.fillStyle = theme.text;
  context.fillRect(deadline - 1, middle - half - 1.5, 2, 2 * half + 3);
  if (request.completedMs === null) return;
  context.beginPath();
  context.arc(end, middle, Math.min(3, half), 0, 2 * Math.PI);
  context.fill();
}

function drawCross(context: CanvasRenderingContext2D, scene: Scene, line: RequestLine, middle: number): void {
  const { x, theme } = scene;
  const at = x(line.deadlineMs);
  const arm = 4;
  context.globalAlpha = strength(scene, [line.request], true);
  for (const [colour, width] of [
    [theme.background, 5],
    [theme.late, 2.25],
  ] as const) {
    context.strokeStyle = colour;
    context.lineWidth = width;
    context.lineCap = 'round';
    context.beginPath();
    context.moveTo(at - arm, middle - arm);
    context.lineTo(at + arm, middle + arm);
    context.moveTo(at + arm, middle - arm);
    context.lineTo(at - arm, middle + arm);
    context.stroke();
  }
  context.lineCap = 'butt';
}
