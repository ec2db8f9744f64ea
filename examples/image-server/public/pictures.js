import { element, find, keyedList, setStyle, setText } from './dom.js';
import { seconds, shape } from './words.js';

/**
 * @typedef {import('../live/live-state.js').LiveState} LiveState
 * @typedef {LiveState['pictures'][number]} Picture
 */

/**
 * The last pictures, newest first.
 *
 * @param {{ list: HTMLElement, none: HTMLElement }} places
 * @param {{ of: (requestId: string) => string }} hues
 * @returns {(state: LiveState) => void}
 */
export function picturesView({ list, none }, hues) {
  const updateList = keyedList({
    parent: list,
    create: createPicture,
    update: (item, { requestId }) => setStyle(item, { '--hue': hues.of(requestId) }),
    key: (/** @type {Picture} */ { id }) => id,
  });
  return ({ pictures }) => {
    updateList(pictures);
    none.hidden = pictures.length > 0;
  };
}

/** @param {Picture} picture @returns {HTMLElement} */
function createPicture({ requestId, prompt, shape: shapeName, url, latencyMs, onTime }) {
  const image = element('img');
  image.alt = prompt;
  image.decoding = 'async';
  const link = element('a', '', image);
  // Only what the server itself serves is shown and opened: an address is data, like a prompt.
  if (URL.canParse(url, location.href) && new URL(url, location.href).origin === location.origin) {
    image.src = url;
    link.href = url;
    link.target = '_blank';
  }
  const mark = element('span', onTime ? 'mark' : 'mark late', onTime ? '\u2713 on time' : '\u2717 late');
  const facts = element('span', 'facts', element('span', 'swatch'), mark, element('span', 'latency'));
  find('.swatch', HTMLElement, facts).ariaHidden = 'true';
  setText(find('.latency', HTMLElement, facts), seconds(latencyMs));
  const words = element('p', 'prompt', prompt);
  words.title = `${requestId}\n${prompt}`;
  // The image says the prompt already.
  words.ariaHidden = 'true';
  return element('li', onTime ? '' : 'late', link, facts, words, element('p', 'shape', shape(shapeName)));
}
