/** How many GPUs a workload needs: which counts are worth trying, what is offered to them, and the search for the fewest. */
export { findCapacity, type Capacity, type CapacityOptions, type CapacityTrial } from './find-capacity.js';
export { gpuCountsUpTo } from './gpu-counts.js';
export { offeredGpus } from './offered-gpus.js';
