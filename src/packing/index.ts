/** Who runs now, and where. The exact integer program stands apart in `ilp.ts`: its solver needs Node. */
export { solveKnapsack } from './knapsack.js';
export type { KnapsackOption, KnapsackResult } from './knapsack-problem.js';
export { placeGroups, type PlacementGpu, type PlacementOptions, type PlacementGroup } from './placement.js';
export { fitsDomains } from './fits-domains.js';
