import { find, setText } from './dom.js';

/**
 * Says whether what is to be seen is the present, and what the server is about to do.
 *
 * @param {{ pill: HTMLElement, notice: HTMLElement }} places
 */
export function connectionView({ pill, notice }) {
  const words = find('span:last-child', HTMLElement, pill);
  let seen = false;

  /** @param {'live' | 'draining' | 'lost'} state @param {string} short @param {string} long */
  function show(state, short, long) {
    pill.dataset['state'] = state;
    document.documentElement.dataset['connection'] = state;
    setText(words, short);
    setText(notice, long);
  }

  return {
    /** @param {boolean} draining */
    live(draining) {
      seen = true;
      if (draining) {
        show('draining', 'Draining', 'The server is draining: it finishes what it has accepted and takes nothing new.');
      } else show('live', 'Live', '');
    },
    lost() {
      const since = new Date().toLocaleTimeString();
      const stale = `The connection to the server is lost. This is how it was at ${since}; trying again.`;
      show('lost', 'Disconnected', seen ? stale : 'The server does not answer; trying again.');
    },
  };
}
