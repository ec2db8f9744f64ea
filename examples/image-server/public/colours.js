/** @typedef {import('../live/live-state.js').LiveState} LiveState */

/** More than a dozen of hues could not be told apart. By the golden angle, so that the first few are far apart already. */
const hues = Array.from({ length: 16 }, (_, at) => (at * 137.508 + 240) % 360);

/**
 * The hue of each request that is to be seen, the same wherever and for as long as it is seen; a new one gets that which is
 * furthest from those of all unfinished ones.
 */
export function createHues() {
  /** @type {Map<string, number>} */
  let chosen = new Map();
  return {
    /** @param {LiveState} state */
    follow({ requests, groups, pictures }) {
      const unfinished = requests.map(({ id }) => id);
      const grouped = groups.flatMap(({ requestIds }) => requestIds);
      const made = pictures.map(({ requestId }) => requestId);
      const before = chosen;
      chosen = new Map([...unfinished, ...grouped, ...made].flatMap((id) => entryOf(id, before.get(id))));
      const taken = unfinished.flatMap((id) => chosen.get(id) ?? []);
      for (const id of [...unfinished, ...grouped, ...made.reverse()]) {
        if (chosen.has(id)) continue;
        const hue = furthest(taken);
        chosen.set(id, hue);
        taken.push(hue);
      }
    },
    /** @param {string} requestId */
    of(requestId) {
      return (chosen.get(requestId) ?? 0).toFixed(1);
    },
  };
}

/**
 * @param {string} id
 * @param {number | undefined} hue
 * @returns {[string, number][]}
 */
const entryOf = (id, hue) => (hue === undefined ? [] : [[id, hue]]);

/**
 * The hue that fewest have, and of those the one whose next neighbour is furthest away.
 *
 * @param {readonly number[]} taken
 */
function furthest(taken) {
  let best = { hue: 0, users: Infinity, distance: 0 };
  for (const hue of hues) {
    const distances = taken.map((other) => Math.min(Math.abs(hue - other), 360 - Math.abs(hue - other)));
    const users = distances.filter((distance) => distance === 0).length;
    const distance = Math.min(360, ...distances.filter((apart) => apart > 0));
    if (users < best.users || (users === best.users && distance > best.distance)) best = { hue, users, distance };
  }
  return best.hue;
}
