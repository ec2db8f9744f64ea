import { checkKnapsack, resultOf, type KnapsackOption, type KnapsackResult } from './knapsack-problem.js';

/**
 * The group knapsack of Algorithm 1 of the paper: one option a group, all of them within `capacity`, such that the total
 * value is greatest; of those the total cost least; of those the vector of option indices smallest in lexicographic
 * order. So groups go in by importance and options by preference, and every tie is settled.
 *
 * Sums are compared exactly, without a tolerance: whole numbers (sums up to 2^53) give exact ties, and callers round to a
 * grid where they want them. One GPU more never lowers the value, also with floats.
 *
 * @param groups - the options of each group, at least one of them of width 0
 * @param capacity - GPUs at hand, a whole number of at least 0
 * @throws TetriError `empty`, `out-of-range` or `invalid-type`, see `checkKnapsack`
 *
 * Complexity: O(groups x min(capacity, total width) x options) time, or O(groups x options²) where everything fits; a
 * byte for each group and GPU, and O(capacity) beside.
 */
export function solveKnapsack(groups: readonly (readonly KnapsackOption[])[], capacity: number): KnapsackResult {
  checkKnapsack(groups, capacity);
  const candidates: (readonly number[])[] = [];
  const widest: number[] = [];
  let total = 0;
  let most = 0;
  for (const group of groups) {
    const indices = candidatesOf(group, capacity);
    let gpus = 0;
    for (const o of indices) gpus = Math.max(gpus, (group[o] as KnapsackOption).width);
    candidates.push(indices);
    widest.push(gpus);
    total += gpus;
    most = Math.max(most, indices.length);
  }
  const limit = Math.min(capacity, total);
  const cells = limit + 1;
  // Which of its candidates a group takes, by the GPUs that are left to it and the groups after it.
  const choice = most <= 256 ? new Uint8Array(groups.length * cells) : new Uint32Array(groups.length * cells);

  // The best of the groups after g on at most c GPUs. From the last group to the first, so that the first one, whose
  // option index counts most, decides last and knows what each choice leaves to the others.
  const bestValue = new Float64Array(cells);
  const bestCost = new Float64Array(cells);
  const width = new Int32Array(most);
  const value = new Float64Array(most);
  const cost = new Float64Array(most);
  let before = total;
  let high = 0;
  for (let g = groups.length - 1; g >= 0; g--) {
    const group = groups[g] as readonly KnapsackOption[];
    const indices = candidates[g] as readonly number[];
    const count = indices.length;
    for (let i = 0; i < count; i++) {
      const option = group[indices[i] as number] as KnapsackOption;
      width[i] = option.width;
      value[i] = option.value;
      cost[i] = option.cost;
    }
    // Only cells that matter: the groups before g leave at least `low` GPUs, those from g on use at most `high`.
    before -= widest[g] as number;
    const low = Math.max(0, limit - before);
    const reached = high;
    high = Math.min(limit, high + (widest[g] as number));
    for (let c = reached + 1; c <= high; c++) {
      bestValue[c] = bestValue[reached] as number;
      bestCost[c] = bestCost[reached] as number;
    }
    // Downwards: a cell reads only itself and cells below, so one row is enough.
    const row = g * cells;
    for (let c = high; c >= low; c--) {
      let mostValue = -1;
      let leastCost = 0;
      let best = 0;
      for (let i = 0; i < count; i++) {
        const rest = c - (width[i] as number);
        if (rest < 0) continue;
        const v = (bestValue[rest] as number) + (value[i] as number);
        if (v < mostValue) continue;
        const k = (bestCost[rest] as number) + (cost[i] as number);
        // Only a strict gain replaces: of equals the option of the smaller index stays.
        if (v > mostValue || k < leastCost) {
          mostValue = v;
          leastCost = k;
          best = i;
        }
      }
      bestValue[c] = mostValue;
      bestCost[c] = leastCost;
      choice[row + c] = best;
    }
  }

  const choices: number[] = [];
  let left = limit;
  let usable = total;
  for (let g = 0; g < groups.length; g++) {
    // A group has no cells for more GPUs than it and those after it can use.
    left = Math.min(left, usable);
    usable -= widest[g] as number;
    const o = (candidates[g] as readonly number[])[choice[g * cells + left] as number] as number;
    left -= ((groups[g] as readonly KnapsackOption[])[o] as KnapsackOption).width;
    choices.push(o);
  }
  return resultOf(groups, choices);
}

/** The options that can be part of the answer, by index: those that fit and that no other option beats. */
function candidatesOf(group: readonly KnapsackOption[], capacity: number): readonly number[] {
  const indices: number[] = [];
  for (let o = 0; o < group.length; o++) {
    if ((group[o] as KnapsackOption).width <= capacity && !isBeaten(group, o)) indices.push(o);
  }
  return indices;
}

/** Whether another option of the group is as good in every respect, and better in one or preferred by its index. */
function isBeaten(group: readonly KnapsackOption[], o: number): boolean {
  const { width, value, cost } = group[o] as KnapsackOption;
  for (let i = 0; i < group.length; i++) {
    const other = group[i] as KnapsackOption;
    if (other.width > width || other.value < value || other.cost > cost) continue;
    if (other.value > value || other.cost < cost || i < o) return true;
  }
  return false;
}
