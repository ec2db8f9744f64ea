import { element, find } from './dom.js';
import { counted, shape } from './words.js';

/** @typedef {import('../live-state.js').LiveState} LiveState */

/** What is offered before the server has said what it knows. */
const usualSizes = ['256x256', '512x512', '1024x1024', '2048x2048'];

/**
 * The form that asks for a picture. It may be sent again while earlier ones are under way, so that a queue can be made by hand.
 *
 * @param {HTMLFormElement} form
 */
export function requestForm(form) {
  const prompt = find('#prompt', HTMLInputElement, form);
  const size = find('#size', HTMLSelectElement, form);
  const slo = find('#slo', HTMLInputElement, form);
  const button = find('button', HTMLButtonElement, form);
  const status = find('#form-status', HTMLElement, form);
  const sizes = new Set();
  let underWay = 0;

  /** @param {string} name */
  function offer(name) {
    if (sizes.has(name)) return;
    sizes.add(name);
    const option = element('option', '', shape(name));
    option.value = name;
    size.append(option);
  }
  for (const name of usualSizes) offer(name);
  size.value = '1024x1024';

  /** @param {string} text @param {HTMLInputElement | HTMLSelectElement} [culprit] */
  function say(text, culprit) {
    status.textContent = text;
    status.classList.toggle('error', culprit !== undefined);
    for (const field of [prompt, size, slo]) {
      field.ariaInvalid = field === culprit ? 'true' : 'false';
      if (field === culprit) field.setAttribute('aria-describedby', status.id);
      else field.removeAttribute('aria-describedby');
    }
    culprit?.focus();
  }

  async function send() {
    if (prompt.value.trim() === '') return say('Say what is to be seen in the picture.', prompt);
    const sloSeconds = slo.valueAsNumber;
    if (!(sloSeconds > 0)) return say('The SLO is a number of seconds above 0.', slo);
    underWay++;
    say(underWay === 1 ? 'Accepted.' : `${counted(underWay, 'picture')} under way.`);
  }

  form.addEventListener('submit', (event) => {
    event.preventDefault();
    void send();
  });

  return {
    /** @param {LiveState} state */
    follow({ server }) {
      button.disabled = server.draining;
    },
  };
}
