import type { Block } from './blocks.js';
import { strength, type Scene } from './draw.js';
import { axisHeight } from './layout.js';

const charWidth = 6.3;

/** Chunks of one request that follow each other on the same lanes; they share a label. */
interface Streak {
  readonly block: Block;
  readonly left: number;
  right: number;
}

/** The chunks on the lanes of their GPUs. */
export function drawBlocks(context: CanvasRenderingContext2D, scene: Scene): void {
  const { lanes, layout, scrollTop, height, fromMs, toMs } = scene;
  const [top, bottom] = [scrollTop, scrollTop + height - axisHeight];
  const standingOut: Block[] = [];
  const labelled: Streak[] = [];
  for (const [lane, { drawn, reach }] of lanes.entries()) {
    if (layout.laneTops[lane]! > bottom) break;
    if (layout.laneTops[reach]! + layout.laneHeight < top) continue;
    let drawnTo = -Infinity;
    let drawnLane = -1;
    let streak: Streak | undefined;
    drawn.visit(fromMs, toMs, (block) => {
      const [left, right] = [scene.x(block.chunk.startMs), scene.x(block.chunk.endMs)];
      if (streak !== undefined && left - streak.right < 1.5 && isAlike(block, streak.block)) streak.right = right;
      else labelled.push((streak = { block, left, right }));
      if (isLit(block, scene)) {
        standingOut.push(block);
        return;
      }
      // Where many chunks share a pixel, one of them is enough.
      if (right - drawnTo < 0.5 && block.lastLane <= drawnLane) return;
      drawBlock(context, scene, block);
      [drawnTo, drawnLane] = [right, block.lastLane];
    });
  }
  for (const block of standingOut) drawBlock(context, scene, block);
  for (const streak of labelled) drawLabel(context, scene, streak);
}

function isAlike(a: Block, b: Block): boolean {
  return (
    a.lastLane === b.lastLane &&
    a.chunk.stage === b.chunk.stage &&
    a.chunk.requests.length === b.chunk.requests.length &&
    a.chunk.requests.every((request, index) => request === b.chunk.requests[index])
  );
}

function isLit({ chunk }: Block, { lit, lateOnly }: Scene): boolean {
  return lit.size > 0 ? chunk.requests.some((request) => lit.has(request)) : lateOnly && chunk.isLate;
}

function drawBlock(context: CanvasRenderingContext2D, scene: Scene, block: Block): void {
  const { chunk, firstLane, lastLane } = block;
  const { x, layout, theme, hatch, lit } = scene;
  const left = x(chunk.startMs);
  const full = x(chunk.endMs) - left;
  // A gap between chunks, as soon as there is room for one.
  const width = full > 4 ? full - 1 : Math.max(full, 1);
  const top = layout.laneTops[firstLane]! + 1;
  const height = layout.laneTops[lastLane]! + layout.laneHeight - 1 - top;
  const shown = strength(scene, chunk.requests, chunk.isLate);
  const colour = theme.chunk(chunk.requests[0]?.index ?? 0);
  context.globalAlpha = shown * (chunk.stage === 'denoise' ? 1 : 0.45);
  context.fillStyle = colour;
  rectangle(context, left, top, width, height);
  context.globalAlpha = shown;
  if (chunk.isLate && hatch !== null && width > 3) {
    context.fillStyle = hatch;
    rectangle(context, left, top, width, height);
  }
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

/** As much of request and degree as there is room for, within what is visible of the streak. */
function drawLabel(context: CanvasRenderingContext2D, scene: Scene, { block, left, right }: Streak): void {
  const { x, theme, layout } = scene;
  const { chunk, firstLane, lastLane } = block;
  if (right - left < 2 * charWidth) return;
  const [from, to] = x.range() as [number, number];
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
