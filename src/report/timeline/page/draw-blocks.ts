import type { Block } from './blocks.js';
import { axisHeight } from './layout.js';
import { strength, type Scene } from './scene.js';

const charWidth = 6.3;

/** Chunks alike that follow each other on the same lanes: what shares a label and a hatch. */
interface Streak {
  readonly block: Block;
  readonly left: number;
  right: number;
}

/** Below this width chunks alike are drawn as one, in px; above, there is a gap between them. */
const thin = 4;

/** The chunks on the lanes of their GPUs. */
export function drawBlocks(context: CanvasRenderingContext2D, scene: Scene): void {
  const { lanes, layout, scrollTop, height, fromMs, toMs, x } = scene;
  const [top, bottom] = [scrollTop, scrollTop + height - axisHeight];
  const standingOut: Streak[] = [];
  const streaks: Streak[] = [];
  for (const [lane, { drawn, reach }] of lanes.entries()) {
    if (layout.laneTops[lane]! > bottom) break;
    if (layout.laneTops[reach]! + layout.laneHeight < top) continue;
    let drawnTo = -Infinity;
    let drawnLane = -1;
    let streak: Streak | undefined;
    let piece: Streak | undefined;
    let litTo = -Infinity;
    let litLane = -1;
    // Where many chunks share a pixel, one of them is enough.
    const finish = (done: Streak): void => {
      const { block, right } = done;
      if (isLit(block, scene)) {
        if (scene.lit.size === 0 && right - litTo < 1 && block.lastLane <= litLane) return;
        standingOut.push(done);
        [litTo, litLane] = [right, block.lastLane];
      } else if (right - drawnTo >= 1 || block.lastLane > drawnLane) {
        drawPiece(context, scene, done);
        [drawnTo, drawnLane] = [right, block.lastLane];
      }
    };
    drawn.visit(fromMs, toMs, (block) => {
      const [left, right] = [x(block.chunk.startMs), x(block.chunk.endMs)];
      const goesOn = streak !== undefined && left - streak.right < 1.5 && isAlike(block, streak.block);
      if (goesOn) streak!.right = right;
      else streaks.push((streak = { block, left, right }));
      if (goesOn && right - left < thin) {
        piece!.right = right;
        return;
      }
      if (piece !== undefined) finish(piece);
      piece = { block, left, right };
    });
    if (piece !== undefined) finish(piece);
  }
  for (const piece of standingOut) drawPiece(context, scene, piece);
  for (const streak of streaks) {
    if (streak.block.chunk.isLate) drawHatch(context, scene, streak);
    drawLabel(context, scene, streak);
  }
}

function isAlike(a: Block, b: Block): boolean {
  return (
    a.lastLane === b.lastLane &&
    a.chunk.stage === b.chunk.stage &&
    a.chunk.cut === b.chunk.cut &&
    a.chunk.requests.length === b.chunk.requests.length &&
    a.chunk.requests.every((request, index) => request === b.chunk.requests[index])
  );
}

function isLit({ chunk }: Block, { lit, lateOnly }: Scene): boolean {
  return lit.size > 0 ? chunk.requests.some((request) => lit.has(request)) : lateOnly && chunk.isLate;
}

function drawPiece(context: CanvasRenderingContext2D, scene: Scene, { block, left, right }: Streak): void {
  const { chunk, firstLane, lastLane } = block;
  const { layout, theme, lit } = scene;
  const full = right - left;
  const width = full > thin ? full - 1 : Math.max(full, 1);
  const top = layout.laneTops[firstLane]! + 1;
  const height = layout.laneTops[lastLane]! + layout.laneHeight - 1 - top;
  const shown = strength(scene, chunk.requests, chunk.isLate);
  const colour = theme.chunk(chunk.requests[0]?.index ?? 0);
  context.globalAlpha = shown * (chunk.stage === 'denoise' ? 1 : 0.45);
  context.fillStyle = colour;
  rectangle(context, left, top, width, height);
  context.globalAlpha = shown;
  if (chunk.isLate) {
    context.fillStyle = theme.late;
    context.fillRect(left, top + height - 3, width, 3);
  }
  if (chunk.cut !== '') {
    context.fillStyle = theme.text;
    context.fillRect(left + width - 2, top, 2, height);
  }
  // Around a narrow block there would be nothing left of it.
  if (lit.size > 0 && shown === 1 && width > 8) {
    context.strokeStyle = theme.text;
    context.lineWidth = 1.5;
    context.strokeRect(left + 0.75, top + 0.75, Math.max(width - 1.5, 0.5), height - 1.5);
  }
}

function rectangle(context: CanvasRenderingContext2D, x: number, y: number, width: number, height: number): void {
  if (width < 8) {
    context.fillRect(x, y, width, height);
    return;
  }
  context.beginPath();
  context.roundRect(x, y, width, height, 3);
  context.fill();
}

function drawHatch(context: CanvasRenderingContext2D, scene: Scene, { block, left, right }: Streak): void {
  const { hatch, layout } = scene;
  const { chunk, firstLane, lastLane } = block;
  if (hatch === null || right - left < 3) return;
  const [top, bottom] = [layout.laneTops[firstLane]! + 1, layout.laneTops[lastLane]! + layout.laneHeight - 1];
  context.globalAlpha = strength(scene, chunk.requests, true);
  context.fillStyle = hatch;
  context.fillRect(left, top, right - left, bottom - top);
}

/** As much of request and degree as there is room for, within what is visible of the streak. */
function drawLabel(context: CanvasRenderingContext2D, scene: Scene, { block, left, right }: Streak): void {
  const { scale, theme, layout } = scene;
  const { chunk, firstLane, lastLane } = block;
  if (right - left < 2 * charWidth) return;
  const [from, to] = scale.range() as [number, number];
  const [start, end] = [Math.max(left, from) + 4, Math.min(right, to + 12) - 3];
  const room = Math.floor((end - start) / charWidth);
  if (room < 2) return;
  const ids = chunk.requests.map(({ id }) => id).join(' + ');
  const degree = ` \u00d7${chunk.degree}`;
  const stage = chunk.stage === 'denoise' ? '' : ` ${chunk.stage}`;
  const label = [`${ids}${degree}${stage}`, `${ids}${degree}`, ids].find((text) => text.length <= room);
  const shortened = room >= 5 ? `${ids.slice(0, room - 1)}\u2026` : undefined;
  const text = label ?? shortened;
  if (text === undefined) return;
  context.font = `500 ${Math.min(11, layout.laneHeight)}px system-ui, sans-serif`;
  context.textAlign = 'left';
  context.textBaseline = 'middle';
  context.fillStyle = theme.chunkText;
  context.globalAlpha = strength(scene, chunk.requests, chunk.isLate);
  const middle = (layout.laneTops[firstLane]! + layout.laneTops[lastLane]! + layout.laneHeight) / 2;
  context.fillText(text, start, middle + 0.5, end - start);
}
