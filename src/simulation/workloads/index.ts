/** Workloads: when requests arrive, which shapes they ask for and when they are due, drawn from a seed. */
export { createWorkload, type WorkloadOptions } from './create-workload.js';
export type { Arrivals } from './arrivals.js';
export { constantArrivals } from './constant-arrivals.js';
export { poissonArrivals } from './poisson-arrivals.js';
export { burstArrivals, type BurstOptions } from './burst-arrivals.js';
export { rateForLoad, type LoadOptions } from './rate-for-load.js';
export type { Mix, ShapeShare } from './mix.js';
export { weightedMix } from './weighted-mix.js';
export { uniformMix } from './uniform-mix.js';
export { skewedMix } from './skewed-mix.js';
export { driftingMix } from './drifting-mix.js';
