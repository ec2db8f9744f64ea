import type { RandomSource } from '../simulation/random.js';

/** A whole number from `min` to `max`, both included. */
export function drawWhole(random: RandomSource, min: number, max: number): number {
  return min + Math.floor(random() * (max - min + 1));
}

/** One of the entries; at least one. */
export function drawOne<T>(random: RandomSource, entries: readonly T[]): T {
  return entries[drawWhole(random, 0, entries.length - 1)] as T;
}

/** `true` with this probability. */
export function drawChance(random: RandomSource, probability: number): boolean {
  return random() < probability;
}

/** The entries in another order, each order equally likely. */
export function drawOrder<T>(random: RandomSource, entries: readonly T[]): T[] {
  const order = [...entries];
  for (let last = order.length - 1; last > 0; last--) {
    const other = drawWhole(random, 0, last);
    [order[last], order[other]] = [order[other] as T, order[last] as T];
  }
  return order;
}

/** Each entry with this probability, in the old order; one of them if that leaves none. */
export function drawSome<T>(random: RandomSource, entries: readonly T[], probability: number): T[] {
  const some = entries.filter(() => drawChance(random, probability));
  return some.length > 0 ? some : [drawOne(random, entries)];
}
