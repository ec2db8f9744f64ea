import { chartView } from './chart.js';
import { element, find, setStyle, setText } from './dom.js';
import { percent } from './words.js';

/** @typedef {import('../live/live-state.js').LiveState} LiveState */

/** How requests end, and how it is counted. */
const endings = /** @type {const} */ ([
  ['on time', 'onTime'],
  ['late', 'late'],
  ['failed', 'failed'],
  ['refused', 'refused'],
  ['cancelled', 'cancelled'],
]);

/**
 * The few numbers that say how it goes, each with its last minute.
 *
 * @param {HTMLElement} parent
 * @returns {(state: LiveState) => void}
 */
export function vitalsView(parent) {
  const attainment = vital(parent, '#attainment');
  const busy = vital(parent, '#busy');
  const waiting = vital(parent, '#waiting');
  const updateEnded = endedView(find('#ended', HTMLElement, parent));
  return (state) => {
    const { nowMs, history, gpus, requests, sloAttainment } = state;
    attainment({
      ...{ nowMs, figure: percent(sloAttainment), max: 1, maxLabel: '100%' },
      points: history.map(({ atMs, sloAttainment: value }) => ({ atMs, value })),
      say: percent,
      now: sloAttainment,
    });
    const usable = gpus.filter((gpu) => gpu.state !== 'excluded' && gpu.state !== 'lost').length;
    const busyNow = gpus.filter((gpu) => gpu.state === 'busy').length;
    busy({
      ...{ nowMs, figure: `${busyNow}`, of: `of ${usable}`, max: Math.max(gpus.length, 1), maxLabel: `${gpus.length}` },
      points: history.map(({ atMs, busyGpus: value }) => ({ atMs, value })),
      say: String,
      now: busyNow,
    });
    const waitingNow = requests.filter(({ status }) => status === 'queued').length;
    const most = Math.max(4, waitingNow, ...history.map((point) => point.waiting));
    waiting({
      ...{ nowMs, figure: `${waitingNow}`, max: most, maxLabel: `${most}` },
      points: history.map(({ atMs, waiting: value }) => ({ atMs, value })),
      say: String,
      now: waitingNow,
    });
    updateEnded(state.ended);
  };
}

/**
 * @typedef {{ atMs: number, value: number | null }} Point
 * @typedef {{ nowMs: number, figure: string, of?: string, max: number, maxLabel: string, points: readonly Point[], say: (value: number) => string, now: number | null }} Vital
 */

/**
 * @param {HTMLElement} parent
 * @param {string} selector
 * @returns {(vital: Vital) => void}
 */
function vital(parent, selector) {
  const place = find(selector, HTMLElement, parent);
  const name = find('h3', HTMLElement, place).textContent;
  const number = element('span');
  const of = element('small');
  find('.figure', HTMLElement, place).replaceChildren(number, ' ', of);
  const draw = chartView(find('.chart', HTMLElement, place));
  return (state) => {
    setText(number, state.figure);
    setText(of, state.of ?? '');
    const values = state.points.flatMap(({ value }) => value ?? []);
    const range = `between ${state.say(Math.min(...values))} and ${state.say(Math.max(...values))}`;
    draw({ ...state, label: `${name} in the last minute: ${values.length === 0 ? 'nothing yet' : range}` });
  };
}

/**
 * @param {HTMLElement} place
 * @returns {(ended: LiveState['ended']) => void}
 */
function endedView(place) {
  const figure = find('.figure', HTMLElement, place);
  const shares = find('.shares', HTMLElement, place);
  const numbers = new Map(endings.map(([name]) => [name, element('dd', '', '0')]));
  for (const [name] of endings) {
    const term = element('dt', '', element('span', `key ${name.replace(' ', '-')}`), name);
    term.firstElementChild?.setAttribute('aria-hidden', 'true');
    find('dl', HTMLElement, place).append(element('div', '', term, numbers.get(name) ?? ''));
    shares.append(element('span', `key ${name.replace(' ', '-')}`));
  }
  return (ended) => {
    const counts = { ...ended, late: ended.completed - ended.onTime };
    setText(figure, `${ended.completed + ended.failed + ended.refused + ended.cancelled}`);
    endings.forEach(([name, count], at) => {
      const number = numbers.get(name);
      if (number !== undefined) setText(number, `${counts[count]}`);
      const share = shares.children[at];
      if (!(share instanceof HTMLElement)) return;
      setStyle(share, { 'flex-grow': `${counts[count]}` });
      share.hidden = counts[count] === 0;
    });
  };
}
