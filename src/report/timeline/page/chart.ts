import { scaleLinear, type ScaleLinear } from 'd3-scale';
import { select } from 'd3-selection';
import { zoom, zoomIdentity, zoomTransform, type D3ZoomEvent } from 'd3-zoom';
import { blocksByLane } from './blocks.js';
import { draw } from './draw.js';
import { createHatch } from './hatch.js';
import { axisHeight, gutter, layOut, rightMargin } from './layout.js';
import { pick, type Pick } from './pick.js';
import { requestRows } from './rows.js';
import { endOf, type Chunk, type PageRequest, type Run } from './run.js';
import { readTheme } from './theme.js';

/** A time span, in ms. */
export type Span = readonly [fromMs: number, toMs: number];

/** Whom the chart tells what. */
export interface ChartEvents {
  /** The visible span is another one. */
  readonly onView: (span: Span) => void;
  /** The pointer is on something else; `undefined`: on nothing. */
  readonly onHover: (picked: Pick | undefined, at: { readonly clientX: number; readonly clientY: number }) => void;
  readonly onClick: (picked: Pick | undefined) => void;
}

/** The canvas with all that can be done to it. */
export interface Chart {
  fit: () => void;
  /** Shows a span, as near as the limits allow. */
  show: (span: Span) => void;
  /** Zooms around the middle; above 1: in. */
  zoomBy: (factor: number) => void;
  /** Moves by a part of the visible span; above 0: to later times. */
  panBy: (part: number) => void;
  scrollBy: (px: number) => void;
  /** Shows a request with some time around it. */
  showRequest: (request: PageRequest) => void;
  /** Makes requests stand out. */
  highlight: (requests: readonly PageRequest[]) => void;
  setLateOnly: (lateOnly: boolean) => void;
  /** Takes over the colours and the size that the page has now. */
  refresh: () => void;
  /** The middle of the first block of a chunk, in px of the window, whether visible or not. */
  positionOf: (chunk: Chunk) => { readonly x: number; readonly y: number };
}

/** The shortest span that can be shown, in ms. */
const shortestMs = 1;

/** Draws the run on the canvas inside `viewport`, whose content scrolls by itself, and listens to wheel and pointer. */
export function createChart(viewport: HTMLElement, run: Run, events: ChartEvents): Chart {
  const canvas = viewport.querySelector('canvas')!;
  const content = viewport.querySelector<HTMLElement>('.content')!;
  const context = canvas.getContext('2d')!;
  const rows = requestRows(run.requests);
  const lanes = blocksByLane(run);

  const marginMs = (run.endMs - run.startMs) * 0.005;
  const whole: Span = [run.startMs - marginMs, run.endMs + marginMs];
  let layout = layOut(run.lanes, rows.length, 0);
  let theme = readTheme();
  let hatch: CanvasPattern | null = null;
  let [width, height] = [0, 0];
  let lit: ReadonlySet<PageRequest> = new Set();
  let lateOnly = false;
  let waitsForFrame = false;

  const x = (): ScaleLinear<number, number> =>
    zoomTransform(canvas).rescaleX(scaleLinear(whole, [gutter, Math.max(gutter + 1, width - rightMargin)]));
  const visible = (): Span => x().domain() as [number, number];

  const invalidate = (): void => {
    if (waitsForFrame) return;
    waitsForFrame = true;
    requestAnimationFrame(() => {
      waitsForFrame = false;
      const scale = x();
      const [fromMs, toMs] = [scale.invert(gutter), scale.invert(width)];
      const pxPerMs = (width - gutter) / (toMs - fromMs);
      const toPx = (ms: number): number => gutter + (ms - fromMs) * pxPerMs;
      const scrollTop = viewport.scrollTop;
      draw(context, {
        run,
        layout,
        lanes,
        rows,
        theme,
        hatch,
        width,
        height,
        x: toPx,
        scale,
        fromMs,
        toMs,
        scrollTop,
        lit,
        lateOnly,
      });
    });
  };

  const pickAt = ({ clientX, clientY }: MouseEvent): Pick | undefined => {
    const box = canvas.getBoundingClientRect();
    const [px, y] = [clientX - box.left, clientY - box.top];
    if (px < gutter || y < axisHeight) return undefined;
    const scale = x();
    const toleranceMs = scale.invert(2) - scale.invert(0);
    return pick({ layout, lanes, rows }, scale.invert(px), y - axisHeight + viewport.scrollTop, toleranceMs);
  };

  const isPan = (event: WheelEvent): boolean => event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY);
  const behavior = zoom<HTMLCanvasElement, unknown>()
    .filter((event: Event) =>
      event instanceof WheelEvent ? !isPan(event) : (event as MouseEvent).button <= 0 || event.type.startsWith('touch'),
    )
    .clickDistance(4)
    .on('zoom', (event: D3ZoomEvent<HTMLCanvasElement, unknown>) => {
      if (event.sourceEvent instanceof MouseEvent && event.sourceEvent.type === 'mousemove') {
        viewport.scrollTop -= event.sourceEvent.movementY;
        events.onHover(undefined, event.sourceEvent);
      }
      events.onView(visible());
      invalidate();
    });
  const selection = select(canvas).call(behavior).on('dblclick.zoom', null);

  const show = ([fromMs, toMs]: Span): void => {
    const base = scaleLinear(whole, [gutter, width - rightMargin]);
    const k = Math.min((whole[1] - whole[0]) / Math.max(toMs - fromMs, shortestMs), behavior.scaleExtent()[1]);
    const middle = base((fromMs + toMs) / 2);
    const plotMiddle = (gutter + width - rightMargin) / 2;
    // Through the behavior, which keeps to the limits.
    behavior.transform(selection, zoomIdentity.translate(plotMiddle, 0).scale(k).translate(-middle, 0));
    behavior.translateBy(selection, 0, 0);
  };

  const resize = (): void => {
    const shown = width === 0 ? whole : visible();
    const ratio = window.devicePixelRatio;
    [width, height] = [viewport.clientWidth, viewport.clientHeight];
    layout = layOut(run.lanes, rows.length, height - axisHeight);
    content.style.height = `${axisHeight + layout.height}px`;
    canvas.style.width = `${width}px`;
    canvas.style.height = `${height}px`;
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    hatch = createHatch(context, theme.text, ratio);
    behavior
      .extent([
        [gutter, 0],
        [width - rightMargin, height],
      ])
      .translateExtent([
        [gutter, -Infinity],
        [width - rightMargin, Infinity],
      ])
      .scaleExtent([1, Math.max(1, (whole[1] - whole[0]) / shortestMs)]);
    show(shown);
    invalidate();
  };

  const chart: Chart = {
    fit: () => show(whole),
    show,
    zoomBy: (factor) => behavior.scaleBy(selection, factor),
    panBy(part) {
      const [fromMs, toMs] = visible();
      const shiftMs = Math.min(Math.max((toMs - fromMs) * part, whole[0] - fromMs), whole[1] - toMs);
      show([fromMs + shiftMs, toMs + shiftMs]);
    },
    scrollBy: (px) => viewport.scrollBy({ top: px }),
    showRequest(request) {
      const fromMs = request.arrivalMs ?? request.chunks[0]?.startMs;
      const toMs = endOf(request);
      if (fromMs === undefined || toMs === null) return;
      const room = Math.max(toMs - fromMs, 100);
      show([fromMs - room, toMs + room]);
    },
    highlight(requests) {
      lit = new Set(requests);
      invalidate();
    },
    setLateOnly(value) {
      lateOnly = value;
      invalidate();
    },
    refresh() {
      theme = readTheme();
      resize();
    },
    positionOf({ startMs, endMs, lanes: held }) {
      const box = canvas.getBoundingClientRect();
      const top = layout.laneTops[held[0] ?? 0]! + layout.laneHeight / 2;
      return { x: box.left + x()((startMs + endMs) / 2), y: box.top + axisHeight + top - viewport.scrollTop };
    },
  };

  canvas.addEventListener('wheel', (event) => {
    if (!isPan(event)) return;
    event.preventDefault();
    chart.panBy((Math.abs(event.deltaX) > Math.abs(event.deltaY) ? event.deltaX : event.deltaY) / width);
  });
  canvas.addEventListener('mousemove', (event) => {
    if (event.buttons === 0) events.onHover(pickAt(event), event);
  });
  canvas.addEventListener('mouseleave', (event) => events.onHover(undefined, event));
  canvas.addEventListener('click', (event) => events.onClick(pickAt(event)));
  canvas.addEventListener('dblclick', (event) => {
    const request = pickAt(event)?.requests[0];
    if (request !== undefined) chart.showRequest(request);
  });
  viewport.addEventListener('scroll', invalidate);
  new ResizeObserver(resize).observe(viewport);
  resize();
  return chart;
}
