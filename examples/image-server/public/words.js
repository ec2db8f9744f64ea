/**
 * A duration for people.
 *
 * @param {number} ms
 */
export function seconds(ms) {
  const size = Math.abs(ms);
  if (size >= 599_500) return `${Math.round(ms / 60_000)} min`;
  return `${(ms / 1000).toFixed(size < 99_950 ? 1 : 0)} s`;
}

/**
 * @param {number} ms Negative: it will be late.
 */
export function slack(ms) {
  return ms < 0 ? `${seconds(-ms)} late` : seconds(ms);
}

/**
 * Never more than it is: 100% means that every deadline was met.
 *
 * @param {number | null} share From 0 to 1.
 */
export function percent(share) {
  if (share === null) return '\u2013';
  return share === 1 ? '100%' : `${(Math.floor(share * 1000) / 10).toFixed(1)}%`;
}

/**
 * `1024x576` as one writes it.
 *
 * @param {string} text
 */
export function shape(text) {
  return text.replace(/(?<=\d)x(?=\d)/g, '\u2009\u00d7\u2009');
}

/**
 * GPUs in few words: `GPUs 0-3, 6`.
 *
 * @param {readonly number[]} ids Ascending.
 */
export function gpuNames(ids) {
  /** @type {[first: number, last: number][]} */
  const ranges = [];
  for (const id of ids) {
    const range = ranges.at(-1);
    if (range !== undefined && id === range[1] + 1) range[1] = id;
    else ranges.push([id, id]);
  }
  const names = ranges.map(([first, last]) => (first === last ? `${first}` : `${first}\u2013${last}`));
  return `GPU${ids.length === 1 ? '' : 's'} ${names.join(', ')}`;
}

/**
 * @param {number} count
 * @param {string} singular
 */
export function counted(count, singular) {
  return `${count} ${singular}${count === 1 ? '' : 's'}`;
}
