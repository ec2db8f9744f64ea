/** Slanted lines, to mark what is late without relying on colour. */
export function createHatch(context: CanvasRenderingContext2D, colour: string, ratio: number): CanvasPattern | null {
  const size = 7 * ratio;
  const tile = document.createElement('canvas');
  tile.width = tile.height = size;
  const brush = tile.getContext('2d');
  if (brush === null) return null;
  brush.strokeStyle = colour;
  brush.globalAlpha = 0.34;
  brush.lineWidth = 1.4 * ratio;
  brush.beginPath();
  for (const shift of [-size, 0, size]) {
    brush.moveTo(shift, size);
    brush.lineTo(shift + size, 0);
  }
  brush.stroke();
  const pattern = context.createPattern(tile, 'repeat');
  pattern?.setTransform(new DOMMatrix().scale(1 / ratio));
  return pattern;
}
