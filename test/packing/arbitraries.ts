import fc from 'fast-check';
import type { KnapsackOption, KnapsackResult, PlacementGpu } from '../../src/packing/index.js';

type Groups = readonly (readonly KnapsackOption[])[];

/** Small group knapsacks: `none` somewhere in each group, and whole or weighted (quarter) values with many ties. */
export function knapsacks(maxGroups = 5): fc.Arbitrary<{ groups: Groups; capacity: number }> {
  const cost = fc.integer({ min: -4, max: 4 });
  const value = fc.oneof(
    fc.integer({ min: 0, max: 3 }),
    fc.integer({ min: 0, max: 12 }).map((n) => n / 4),
  );
  const none = fc.record({ width: fc.constant(0), value, cost });
  const option = fc.record({ width: fc.integer({ min: 0, max: 5 }), value, cost });
  const group = fc
    .tuple(fc.array(option, { maxLength: 2 }), none, fc.array(option, { maxLength: 2 }))
    .map(([before, waits, after]) => [...before, waits, ...after]);
  return fc.record({
    groups: fc.array(group, { maxLength: maxGroups }),
    capacity: fc.integer({ min: 0, max: 10 }),
  });
}

/** The best of all vectors of options that `accept` takes, enumerated in lexicographic order, first of equals. */
export function bruteForce(
  groups: Groups,
  capacity: number,
  accept: (choices: readonly number[]) => boolean = () => true,
): KnapsackResult | undefined {
  let best: KnapsackResult | undefined;
  const choices: number[] = [];
  const visit = (value: number, cost: number, width: number): void => {
    const group = groups[choices.length];
    if (width > capacity) return;
    if (group === undefined) {
      const better = best === undefined || value > best.value || (value === best.value && cost < best.cost);
      if (better && accept(choices)) best = { choices: [...choices], value, cost, width };
      return;
    }
    group.forEach((option, index) => {
      choices.push(index);
      visit(value + option.value, cost + option.cost, width + option.width);
      choices.pop();
    });
  };
  visit(0, 0, 0);
  return best;
}

/** GPUs 0, 1, ... in domains of the given sizes, free where `free` says so. */
export function gpusOf(sizes: readonly number[], free: (id: number) => boolean = () => true): PlacementGpu[] {
  let id = 0;
  return sizes.flatMap((size, domain) => Array.from({ length: size }, () => ({ id, domain, free: free(id++) })));
}

/** Whether groups of these widths can be put into bins of these sizes, by trying everything. */
export function canPack(widths: readonly number[], bins: readonly number[]): boolean {
  const [width, ...rest] = widths;
  if (width === undefined) return true;
  return bins.some((room, index) => room >= width && canPack(rest, bins.with(index, room - width)));
}
