import { element, setText } from './dom.js';

/** What one chart shows, ms: the length of the history. */
const spanMs = 60_000;
const [width, height] = [600, 100];

/**
 * @param {string} name
 * @param {Record<string, string>} attributes
 */
function svg(name, attributes) {
  const made = document.createElementNS('http://www.w3.org/2000/svg', name);
  for (const [attribute, value] of Object.entries(attributes)) made.setAttribute(attribute, value);
  return made;
}

/**
 * A small chart of the last minute: one line, the area under it, and the top of its scale in words.
 *
 * @param {HTMLElement} parent
 * @returns {(chart: { label: string, nowMs: number, points: readonly { atMs: number, value: number | null }[], max: number, maxLabel: string }) => void}
 */
export function chartView(parent) {
  const area = svg('path', { class: 'area' });
  const line = svg('path', { class: 'line' });
  const picture = svg('svg', { viewBox: `0 0 ${width} ${height}`, preserveAspectRatio: 'none', role: 'img' });
  picture.append(svg('path', { class: 'grid', d: `M0 0.5H${width}M0 ${height - 0.5}H${width}` }), area, line);
  const top = element('span', 'top');
  const axis = element('span', 'axis', element('span', '', '60 s ago'), element('span', '', 'now'));
  for (const words of [top, axis]) words.ariaHidden = 'true';
  parent.append(picture, top, axis);
  return ({ label, nowMs, points, max, maxLabel }) => {
    const places = points.map(({ atMs, value }) => ({
      x: Math.max(0, width * (1 - (nowMs - atMs) / spanMs)).toFixed(1),
      y: value === null ? null : (height * (1 - value / max)).toFixed(1),
    }));
    // What holds at the last point holds until now.
    const last = places.at(-1);
    if (last !== undefined) places.push({ x: `${width}`, y: last.y });
    const pieces = piecesOf(places);
    line.setAttribute('d', pieces.map((piece) => `M${piece.map(({ x, y }) => `${x} ${y}`).join('L')}`).join(''));
    area.setAttribute(
      'd',
      pieces
        .map((piece) => {
          const over = piece.map(({ x, y }) => `${x} ${y}`).join('L');
          return `M${piece[0]?.x} ${height}L${over}L${piece.at(-1)?.x} ${height}Z`;
        })
        .join(''),
    );
    picture.setAttribute('aria-label', label);
    setText(top, maxLabel);
  };
}

/**
 * The runs of points that have a value.
 *
 * @param {readonly { x: string, y: string | null }[]} places
 */
function piecesOf(places) {
  /** @type {{ x: string, y: string }[][]} */
  const pieces = [];
  let open = false;
  for (const { x, y } of places) {
    if (y !== null && open) pieces.at(-1)?.push({ x, y });
    else if (y !== null) pieces.push([{ x, y }]);
    open = y !== null;
  }
  return pieces;
}
