import { cpus } from 'node:os';
import { benchDispatch } from './dispatch.js';
import { benchKnapsack } from './knapsack.js';
import { benchPlanRound } from './plan-round.js';
import { benchQuote } from './quote.js';
import { benchSlowGpu } from './slow-gpu.js';

console.log(`${cpus()[0]?.model ?? 'unknown CPU'} x ${cpus().length}, Node ${process.version}`);
const benches: Readonly<Record<string, () => Promise<void>>> = {
  plan: benchPlanRound,
  knapsack: benchKnapsack,
  dispatch: benchDispatch,
  quote: benchQuote,
  'slow-gpu': benchSlowGpu,
};

// All of them, or those that are named.
const names = process.argv.slice(2);
for (const [name, bench] of Object.entries(benches)) if (names.length === 0 || names.includes(name)) await bench();
