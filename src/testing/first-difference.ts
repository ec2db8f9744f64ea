/**
 * Where two values differ first, as a path such as `.assignments[0].gpus`; `undefined` if they are equal in every own
 * enumerable property, and in kind. A property that is `undefined` is not one that is missing, and -0 is not 0.
 */
export function firstDifference(a: unknown, b: unknown, path = ''): string | undefined {
  if (Object.is(a, b)) return undefined;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return path;
  if (Object.getPrototypeOf(a) !== Object.getPrototypeOf(b)) return path;
  const [keys, others] = [Object.keys(a), Object.keys(b)];
  const extra = others.find((key) => !Object.hasOwn(a, key));
  if (extra !== undefined) return `${path}.${extra}`;
  for (const key of keys) {
    const here = Array.isArray(a) ? `${path}[${key}]` : `${path}.${key}`;
    if (!Object.hasOwn(b, key)) return here;
    const inside = firstDifference((a as Record<string, unknown>)[key], (b as Record<string, unknown>)[key], here);
    if (inside !== undefined) return inside;
  }
  return undefined;
}
