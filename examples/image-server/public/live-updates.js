/** @typedef {import('../live/live-state.js').LiveState} LiveState */

/** The server says something at least every 15 s; after this silence nobody is there any more, ms. */
const longestSilenceMs = 20_000;

/** How long to wait before the next try: at first little, ms. */
const waitsMs = [500, 1000, 2000, 5000];

/**
 * Follows the server, and comes back to it for as long as it takes. An `EventSource` alone gives up when the server answers with an
 * error, and never notices that a connection has died silently.
 *
 * @param {{ url: string, onState: (state: LiveState) => void, onLost: () => void }} options `onLost` is called once, until the next state.
 */
export function followLive({ url, onState, onLost }) {
  let failures = 0;
  let isLost = false;
  /** @type {EventSource} */
  let source;
  /** @type {ReturnType<typeof setTimeout>} */
  let timer;

  function lose() {
    source.close();
    if (!isLost) onLost();
    isLost = true;
    wait(waitsMs[Math.min(failures++, waitsMs.length - 1)] ?? 0, connect);
  }

  function connect() {
    source = new EventSource(url);
    source.addEventListener('state', ({ data }) => {
      [failures, isLost] = [0, false];
      wait(longestSilenceMs, lose);
      /** @type {unknown} */
      const told = JSON.parse(String(data));
      onState(/** @type {LiveState} */ (told));
    });
    source.addEventListener('error', lose);
    wait(longestSilenceMs, lose);
  }

  /** @param {number} ms @param {() => void} next */
  function wait(ms, next) {
    clearTimeout(timer);
    timer = setTimeout(next, ms);
  }

  connect();
}
