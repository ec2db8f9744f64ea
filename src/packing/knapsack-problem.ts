import { finite, nonEmptyList, nonNegative, show, whole } from '../model/check.js';
import { TetriError } from '../model/index.js';

/** One way to treat a request in a round: not at all, or at one degree. */
export interface KnapsackOption {
  /** GPUs that it takes; a whole number of at least 0. */
  readonly width: number;
  /** What it is worth; finite, at least 0. The weight of the request if it survives the round so, else 0. */
  readonly value: number;
  /** What it costs; any finite number. Tells options of equal value apart, less is better: GPU time, for instance. */
  readonly cost: number;
}

/** Which option each group gets. */
export interface KnapsackResult {
  /** The index of the chosen option, one a group, in the order of the groups. */
  readonly choices: readonly number[];
  /** Sum of the chosen values, added up from the last group to the first. */
  readonly value: number;
  /** Sum of the chosen costs, added up likewise. */
  readonly cost: number;
  /** Sum of the chosen widths; never above the capacity. */
  readonly width: number;
}

/**
 * Checks a group knapsack. Every group needs an option of width 0, so that every problem has a solution: `none`, wait for
 * the next round.
 *
 * @throws TetriError `empty` for a group without options, `out-of-range` or `invalid-type` for a number outside its
 * range, a capacity that is not a whole number of at least 0, or a group without an option of width 0
 */
export function checkKnapsack(groups: readonly (readonly KnapsackOption[])[], capacity: number): void {
  whole(capacity, 'capacity', 0);
  for (let g = 0; g < groups.length; g++) {
    const group = groups[g] as readonly KnapsackOption[];
    let canWait = false;
    for (let o = 0; o < group.length; o++) {
      const { width, value, cost } = group[o] as KnapsackOption;
      // Names are put together only for an error: this runs before every solve.
      if (!(Number.isSafeInteger(width) && width >= 0)) whole(width, `groups[${g}][${o}].width`, 0);
      if (!(Number.isFinite(value) && value >= 0)) nonNegative(value, `groups[${g}][${o}].value`);
      if (!Number.isFinite(cost)) finite(cost, `groups[${g}][${o}].cost`);
      if (width === 0) canWait = true;
    }
    if (canWait) continue;
    nonEmptyList(group, `groups[${g}]`);
    throw new TetriError(
      'out-of-range',
      `expected an option of width 0, received ${show(group)}`,
      `groups[${g}]`,
      group,
    );
  }
}

/** The result that `choices` amount to. Floats are added in the order in which the knapsack adds them. */
export function resultOf(groups: readonly (readonly KnapsackOption[])[], choices: readonly number[]): KnapsackResult {
  let value = 0;
  let cost = 0;
  let width = 0;
  for (let g = groups.length - 1; g >= 0; g--) {
    const chosen = (groups[g] as readonly KnapsackOption[])[choices[g] as number] as KnapsackOption;
    value += chosen.value;
    cost += chosen.cost;
    width += chosen.width;
  }
  return { choices, value, cost, width };
}
