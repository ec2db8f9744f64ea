import { cpus } from 'node:os';
import { benchKnapsack } from './knapsack.js';
import { benchPlanRound } from './plan-round.js';

console.log(`${cpus()[0]?.model ?? 'unknown CPU'} x ${cpus().length}, Node ${process.version}`);
await benchPlanRound();
await benchKnapsack();
