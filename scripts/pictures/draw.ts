import { loadPeers } from '../../src/cli/evaluate/load-peers.js';
import { degrees } from './degrees.js';
import { leastGpuTime } from './least-gpu-time.js';
import { readableByNight } from './look.js';
import { oneRound } from './one-round.js';
import type { Picture } from './picture.js';
import { roundsAndEvents } from './rounds-and-events.js';
import { sameRequests } from './same-requests.js';
import { together } from './together.js';

/** The pictures of the README and the guides: each an SVG of what the library does, by its file in `docs/pictures`. */
export async function drawPictures(): Promise<ReadonlyMap<string, string>> {
  const render = await loadPeers(false);
  const pictures = [sameRequests, degrees, leastGpuTime, oneRound, roundsAndEvents, together].map((make) => make());
  return new Map(pictures.map((picture) => [`${picture.name}.svg`, draw(picture, render)]));
}

function draw({ title, chart }: Picture, render: (chart: Picture['chart']) => string): string {
  const svg = render(chart).replace(/(<svg[^>]*>)/, (tag) => `${tag}\n<title>${title}</title>`);
  return readableByNight(svg);
}
