import { element, find, keyedList, setStyle, setText } from './dom.js';
import { counted, gpuNames, shape, slack } from './words.js';

/**
 * @typedef {import('../live/live-state.js').LiveState} LiveState
 * @typedef {LiveState['requests'][number]} Request
 */

/** More than can be taken in at a glance; the others are counted. */
const mostShown = 32;

/**
 * The unfinished requests, earliest deadline first.
 *
 * @param {{ list: HTMLElement, summary: HTMLElement, rest: HTMLElement }} places
 * @param {{ of: (requestId: string) => string }} hues
 * @returns {(state: LiveState) => void}
 */
export function queueView({ list, summary, rest }, hues) {
  const updateList = keyedList({
    parent: list,
    create: (/** @type {Request} */ { id, prompt }) => {
      const who = element('span', 'who', element('span', 'swatch'), element('span', 'prompt', prompt));
      who.title = `${id}\n${prompt}`;
      const steps = element('span', 'steps', element('span', 'bar'), element('span', 'number'));
      const left = element('span', 'slack', element('span', 'bar'), element('span', 'number'));
      for (const mark of [who, steps, left]) mark.firstElementChild?.setAttribute('aria-hidden', 'true');
      return element('li', '', who, element('span', 'shape'), steps, element('span', 'where'), left);
    },
    update: (item, request) => {
      const { id, steps, stepsDone, gpus, status, slackMs, arrivalMs, deadlineMs } = request;
      item.classList.toggle('waiting', gpus.length === 0);
      item.classList.toggle('late', slackMs < 0);
      // Of the time from arrival to deadline: it does not shrink or grow with what the others do.
      const share = slackMs / Math.max(deadlineMs - arrivalMs, 1);
      setStyle(item, {
        '--hue': hues.of(id),
        '--done': (stepsDone / Math.max(steps, 1)).toFixed(4),
        '--slack': Math.max(-1, Math.min(1, share)).toFixed(3),
      });
      setText(find('.shape', HTMLElement, item), shape(request.shape));
      setText(find('.steps .number', HTMLElement, item), `${stepsDone} of ${steps}`);
      setText(find('.where', HTMLElement, item), where(status, gpus));
      setText(find('.slack .number', HTMLElement, item), slack(slackMs));
    },
    key: ({ id }) => id,
  });
  return ({ requests }) => {
    updateList(requests.slice(0, mostShown));
    const late = requests.filter(({ slackMs }) => slackMs < 0).length;
    setText(summary, requests.length === 0 ? '' : `${requests.length} unfinished${late > 0 ? `, ${late} late` : ''}`);
    const more = requests.length - mostShown;
    rest.hidden = requests.length > 0 && more <= 0;
    setText(rest, more > 0 ? `and ${counted(more, 'request')} with later deadlines` : 'Nobody waits.');
  };
}

/**
 * @param {Request['status']} status
 * @param {readonly number[]} gpus
 */
function where(status, gpus) {
  if (status === 'queued' && gpus.length === 0) return 'queued';
  if (status === 'running' && gpus.length > 0) return gpuNames(gpus);
  return gpus.length === 0 ? status : `${gpuNames(gpus)}, ${status}`;
}
