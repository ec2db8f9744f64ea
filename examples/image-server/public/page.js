/** The live page: follows the server's state, and draws it at most once a frame. */
import { createHues } from './colours.js';
import { connectionView } from './connection.js';
import { find, setText } from './dom.js';
import { gpuView } from './gpus.js';
import { followLive } from './live-updates.js';
import { picturesView } from './pictures.js';
import { queueView } from './queue.js';
import { requestForm } from './request-form.js';
import { vitalsView } from './vitals.js';

/** @typedef {import('./live-updates.js').LiveState} LiveState */

/** @param {string} id */
const byId = (id) => find(`#${id}`, HTMLElement);

const hues = createHues();
const connection = connectionView({ pill: byId('connection'), notice: byId('notice') });
const form = requestForm(find('#request-form', HTMLFormElement));
const views = [
  vitalsView(byId('vitals')),
  gpuView({ list: byId('domains'), none: byId('no-gpus') }, hues),
  queueView({ list: byId('queue'), summary: byId('queue-summary'), rest: byId('queue-rest') }, hues),
  picturesView({ list: byId('pictures'), none: byId('no-pictures') }, hues),
];

/** @param {LiveState} state */
function draw(state) {
  const { model, accelerator, policy, backend, draining } = state.server;
  setText(byId('model'), model);
  setText(
    byId('about'),
    [`${accelerator}${backend === 'simulated' ? ', simulated' : ''}`, `policy ${policy}`].join(' \u00b7 '),
  );
  if (document.title !== `${model}, live`) document.title = `${model}, live`;
  connection.live(draining);
  form.follow(state);
  hues.follow(state);
  for (const view of views) view(state);
}

/** @type {LiveState | undefined} */
let latest;

followLive({
  url: '/live',
  onState(state) {
    if (latest === undefined) {
      requestAnimationFrame(() => {
        if (latest !== undefined) draw(latest);
        latest = undefined;
      });
    }
    latest = state;
  },
  onLost() {
    latest = undefined;
    connection.lost();
  },
});
