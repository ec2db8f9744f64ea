/**
 * A policy of your own: whoever weighs most goes first, a step at a time, at the narrowest degree that still meets its deadline. It is compared
 * with the built-in ones on a workload; test/examples/custom-policy.test.ts holds it against the laws that every policy keeps.
 */
import { fileURLToPath } from 'node:url';
import {
  builtinProfile,
  composePlan,
  createCluster,
  edf,
  horizon,
  isDefinitelyLate,
  placeGroups,
  smallestFeasibleDegree,
  stepMsAt,
  type Assignment,
  type PlanningRequest,
  type PlanOutcome,
  type Policy,
} from '@tetri/scheduler';
import {
  createWorkload,
  paperSlo,
  poissonArrivals,
  simulate,
  summarize,
  uniformMix,
  validateRun,
} from '@tetri/scheduler/simulation';

export function heaviestFirst(): Policy {
  return {
    name: 'heaviest-first',
    // At every event: whenever a request arrives or GPUs become free.
    replanOn: 'event',
    plan(input) {
      const { nowMs } = input;
      // `waiting` comes in an order that does not depend on that of the input; sorting keeps it among equals.
      const order = [...input.waiting].sort((a, b) => b.weight - a.weight);
      const groups = placeGroups(
        order.map((request) => ({ key: request.id, width: widthOf(request, nowMs), lastGpus: request.lastGpus })),
        input.gpus.map((gpu) => ({ ...gpu, free: gpu.freeAtMs <= nowMs })),
      );
      const assignments: Assignment[] = [];
      const outcomes = new Map<string, PlanOutcome>();
      for (const [index, request] of order.entries()) {
        const gpus = groups[index];
        outcomes.set(request.id, outcomeOf(request, nowMs, gpus !== undefined));
        if (gpus === undefined) continue;
        const endMs = nowMs + request.encodeMs + stepMsAt(request.times, gpus.length);
        assignments.push({ requestIds: [request.id], gpus, degree: gpus.length, steps: 1, startMs: nowMs, endMs });
      }
      return composePlan(input, null, assignments, outcomes);
    },
  };
}

function widthOf({ times, remainingSteps, lastStepByMs, encodeMs }: PlanningRequest, nowMs: number): number {
  return smallestFeasibleDegree(times, remainingSteps, lastStepByMs - nowMs - encodeMs) ?? times.degrees[0]!;
}

function outcomeOf(request: PlanningRequest, nowMs: number, runs: boolean): PlanOutcome {
  const requestId = request.id;
  if (isDefinitelyLate(request, nowMs))
    return { requestId, status: 'best-effort', reason: runs ? 'late-running' : 'late-waiting' };
  if (runs) return { requestId, status: 'running', reason: 'smallest-feasible-degree' };
  return { requestId, status: 'deferred', reason: 'no-capacity' };
}

function main(): void {
  const profile = builtinProfile('flux.1-dev_h100');
  const cluster = createCluster(8);
  const trace = createWorkload({
    profile,
    requests: 100,
    steps: 28,
    seed: 1,
    arrivals: poissonArrivals(24),
    mix: uniformMix(['256x256', '512x512', '1024x1024', '2048x2048']),
    slo: paperSlo(1.2),
  });
  for (const policy of [heaviestFirst(), edf(), horizon()]) {
    const run = simulate({ trace, profile, cluster, policy });
    const { violations } = validateRun(run.log, trace, profile, { cluster, records: run.records });
    const { sloAttainment } = summarize(run, trace, cluster);
    console.log(`${policy.name}: ${(100 * sloAttainment).toFixed()} % on time, ${violations.length} rules broken`);
  }
}

// Not where it is imported by a test.
if (process.argv[1] === fileURLToPath(import.meta.url)) main();
