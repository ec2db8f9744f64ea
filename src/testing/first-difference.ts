/**
 * Where two values differ first, as a path such as `.assignments[0].gpus`; `undefined` if they are equal in every own
 * enumerable property, and in kind. A property that is `undefined` is not one that is missing, and -0 is not 0.
 *
 * @param slack - numbers that lie no further apart count as equal; default: only equal ones do
 */
export function firstDifference(a: unknown, b: unknown, slack = 0, path = ''): string | undefined {
  if (Object.is(a, b)) return undefined;
  if (typeof a === 'number' && typeof b === 'number' && slack > 0 && Math.abs(a - b) <= slack) return undefined;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return path;
  if (Object.getPrototypeOf(a) !== Object.getPrototypeOf(b)) return path;
  const keys = new Set([...Object.keys(a), ...Object.keys(b)]);
  for (const key of keys) {
    const here = Array.isArray(a) ? `${path}[${key}]` : `${path}.${key}`;
    if (!Object.hasOwn(a, key) || !Object.hasOwn(b, key)) return here;
    const [one, other] = [a, b].map((object) => (object as Record<string, unknown>)[key]);
    const inside = firstDifference(one, other, slack, here);
    if (inside !== undefined) return inside;
  }
  return undefined;
}
