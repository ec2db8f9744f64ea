/** The page of a run: reads the data that stands in it, and wires the chart, the lists and the controls to each other. */
import type { PageData } from '../page-data.js';
import { createChart } from './chart.js';
import { showDetails } from './details.js';
import { buttonById, byId, inputById } from './elements.js';
import { showHead } from './head.js';
import { listenToKeys } from './keys.js';
import { showLateList } from './late-list.js';
import { readRun, type PageRequest } from './run.js';
import { listenToSearch } from './search.js';
import { showTooltip } from './tooltip.js';
import { seconds } from './words.js';

const run = readRun(JSON.parse(byId('run').textContent) as PageData);
let selected: PageRequest | undefined;

const chart = createChart(byId('viewport'), run, {
  onView([fromMs, toMs]) {
    const digits = toMs - fromMs < 10_000 ? 3 : 1;
    byId('view').textContent = `${seconds(fromMs, digits)} to ${seconds(toMs, digits)}`;
  },
  onHover(picked, at) {
    showTooltip(picked, at, run);
    chart.highlight(picked?.requests ?? (selected === undefined ? [] : [selected]));
  },
  onClick(picked) {
    choose(picked?.requests[0]);
  },
});

function choose(request: PageRequest | undefined): void {
  selected = request;
  showDetails(request, run);
  chart.highlight(request === undefined ? [] : [request]);
}

function jumpTo(request: PageRequest): void {
  choose(request);
  chart.showRequest(request);
}

/** The next late request by deadline, or the one before; round and round. */
function jumpToLate(step: 1 | -1): void {
  const { late } = run;
  const index = selected === undefined ? -1 : late.indexOf(selected);
  const next = index < 0 && step < 0 ? -1 : index + step;
  const request = late[(next + late.length) % late.length];
  if (request !== undefined) jumpTo(request);
}

function onClick(id: string, action: () => void): void {
  byId(id).addEventListener('click', action);
}

showHead(run);
showDetails(undefined, run);
showLateList(run.late, jumpTo);
listenToSearch(run.requests, jumpTo);

onClick('zoom-in', () => chart.zoomBy(1.5));
onClick('zoom-out', () => chart.zoomBy(1 / 1.5));
onClick('fit', () => chart.fit());
onClick('late-next', () => jumpToLate(1));
onClick('late-previous', () => jumpToLate(-1));
for (const id of ['late-next', 'late-previous']) buttonById(id).disabled = run.late.length === 0;
const lateOnly = inputById('late-only');
lateOnly.addEventListener('change', () => chart.setLateOnly(lateOnly.checked));

listenToKeys({
  ArrowLeft: () => chart.panBy(-0.15),
  ArrowRight: () => chart.panBy(0.15),
  ArrowUp: () => chart.scrollBy(-60),
  ArrowDown: () => chart.scrollBy(60),
  '+': () => chart.zoomBy(1.5),
  '=': () => chart.zoomBy(1.5),
  '-': () => chart.zoomBy(1 / 1.5),
  '0': () => chart.fit(),
  n: () => jumpToLate(1),
  p: () => jumpToLate(-1),
  Escape: () => choose(undefined),
});
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => chart.refresh());

/** For programs that look at the page: where each chunk of the log is drawn, in px of the window. Read only. */
Object.defineProperty(window, 'tetriTimeline', {
  value: Object.freeze({
    chunks: run.chunks.length,
    lanes: run.lanes.length,
    positionOf: (index: number) => chart.positionOf(run.chunks[index]!),
  }),
});
