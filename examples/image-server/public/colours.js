/** @typedef {import('../live-state.js').LiveState} LiveState */

/**
 * The hue of each request that is to be seen, the same wherever it is seen. Requests that come one after another are far
 * apart: steps by the golden angle never come back to the same hue.
 */
export function createHues() {
  /** @type {Map<string, number>} */
  let numbers = new Map();
  let count = 0;
  return {
    /** @param {LiveState} state */
    follow({ requests, groups, pictures }) {
      const seen = [
        ...pictures.map(({ requestId }) => requestId).reverse(),
        ...groups.flatMap(({ requestIds }) => requestIds),
        ...requests.map(({ id }) => id),
      ];
      // Only those that can still be seen are remembered.
      numbers = new Map(seen.map((id) => [id, numbers.get(id) ?? count++]));
    },
    /** @param {string} requestId */
    of(requestId) {
      return (((numbers.get(requestId) ?? 0) * 137.508 + 240) % 360).toFixed(1);
    },
  };
}
