import { element, find } from './dom.js';
import { askForPicture, fetchSizes } from './generations.js';
import { counted, shape } from './words.js';

/**
 * @typedef {import('../live/live-state.js').LiveState} LiveState
 * @typedef {HTMLInputElement | HTMLSelectElement} Field
 */

/**
 * The form that asks for a picture. It may be sent again while earlier ones are under way: that is how a queue comes about.
 *
 * @param {HTMLFormElement} form
 */
export function requestForm(form) {
  const prompt = find('#prompt', HTMLInputElement, form);
  const size = find('#size', HTMLSelectElement, form);
  const slo = find('#slo', HTMLInputElement, form);
  const button = find('button', HTMLButtonElement, form);
  const status = find('#form-status', HTMLElement, form);
  /** @type {Record<string, Field>} */
  const fields = { prompt, size, slo_ms: slo };
  /** @type {string | undefined} */
  let model;
  let underWay = 0;

  /** @param {string} text @param {{ isError?: boolean, culprit?: Field | undefined }} [about] */
  function say(text, { isError = false, culprit } = {}) {
    status.textContent = text;
    status.classList.toggle('error', isError);
    for (const field of Object.values(fields)) {
      field.ariaInvalid = field === culprit ? 'true' : 'false';
      if (field === culprit) field.setAttribute('aria-describedby', status.id);
      else field.removeAttribute('aria-describedby');
    }
  }

  /** @param {string} text @param {Field} culprit */
  function refuse(text, culprit) {
    say(text, { isError: true, culprit });
    culprit.focus();
  }

  async function send() {
    const text = prompt.value.trim();
    const sloMs = slo.value === '' ? undefined : Math.round(slo.valueAsNumber * 1000);
    if (text === '') return refuse('Say what the picture should show.', prompt);
    if (slo.validity.badInput || (sloMs !== undefined && !(sloMs > 0))) {
      return refuse('The SLO is a number of seconds above 0, or empty for the usual one.', slo);
    }
    underWay++;
    say(underWay === 1 ? 'Sent; the picture is under way.' : `Sent; ${counted(underWay, 'picture')} are under way.`);
    const outcome = await askForPicture({ prompt: text, size: size.value, sloMs });
    underWay--;
    const rest = underWay === 0 ? '' : ` ${counted(underWay, 'more picture')} under way.`;
    const isError = !outcome.isDone;
    say(outcome.message + rest, { isError, culprit: outcome.param === undefined ? undefined : fields[outcome.param] });
  }

  async function offerSizes() {
    const sizes = await fetchSizes();
    const chosen = size.value;
    size.replaceChildren(
      ...sizes.map((name) => {
        const option = element('option', '', shape(name));
        option.value = name;
        return option;
      }),
    );
    const preferred = [chosen, '1024x1024', sizes.at(-1)].find((name) => name !== undefined && sizes.includes(name));
    if (preferred !== undefined) size.value = preferred;
  }

  form.addEventListener('submit', (event) => {
    event.preventDefault();
    void send();
  });

  return {
    /** @param {LiveState} state */
    follow({ server }) {
      button.disabled = server.draining;
      if (server.model === model) return;
      model = server.model;
      void offerSizes();
    },
  };
}
