/**
 * A policy of your own: *premium first*. Who pays more (a weight of at least 2) is served before everybody else, whatever that costs the
 * others. It is built from the parts that the package exports, simulated against `horizon`, which counts weights but promises
 * nothing, and held to the laws that every policy must keep: `test/examples/custom-policy.test.ts` does that in three lines.
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
  type PlanOutcome,
  type PlanningRequest,
  type Policy,
} from '@tetri/scheduler';
import {
  createWorkload,
  paperSlo,
  poissonArrivals,
  simulate,
  skewedMix,
  type SimulationRun,
  type Trace,
} from '@tetri/scheduler/simulation';

/** Requests of this weight or more are premium. */
const premiumWeight = 2;

/**
 * Premium requests by earliest deadline, then the others likewise, each at the smallest degree that still meets its deadline; then those
 * that are late, on one GPU or as few as their shape can run on. One step at a time, so that a premium request that arrives waits
 * for no longer than a step.
 */
export function premiumFirst(): Policy {
  return {
    name: 'premium-first',
    replanOn: 'event',
    plan(input) {
      const { nowMs } = input;
      const gpus = input.gpus.map((gpu) => ({ ...gpu, free: gpu.freeAtMs <= nowMs }));
      const assignments: Assignment[] = [];
      const outcomes = new Map<string, PlanOutcome>();
      // Set when a premium request finds too few GPUs: what is free is kept for it, or a stream of small requests would starve it.
      let isHeld = false;

      // `waiting` is in order of deadlines already, and sorting keeps that where classes are equal.
      for (const request of [...input.waiting].sort((a, b) => classOf(a, nowMs) - classOf(b, nowMs))) {
        const { id: requestId, times, encodeMs, lastGpus } = request;
        const isLate = isDefinitelyLate(request, nowMs);
        const budgetMs = request.lastStepByMs - nowMs - encodeMs;
        const feasible = smallestFeasibleDegree(times, request.remainingSteps, budgetMs);
        // A request that is on the edge may have no feasible degree and not be late yet, by a rounding error: the fastest will do.
        const degree = feasible ?? (isLate ? times.degrees[0]! : times.degrees[times.fastest]!);
        const [group] = isHeld ? [] : placeGroups([{ key: requestId, width: degree, lastGpus }], gpus);
        if (group === undefined) {
          const waits = { requestId, status: 'deferred', reason: isHeld ? 'gpus-held' : 'no-capacity' } as const;
          outcomes.set(requestId, isLate ? { requestId, status: 'best-effort', reason: 'late-waiting' } : waits);
          if (classOf(request, nowMs) === 0) isHeld = true;
          continue;
        }
        for (const gpu of gpus) if (group.includes(gpu.id)) gpu.free = false;
        const endMs = nowMs + encodeMs + stepMsAt(times, degree);
        assignments.push({ requestIds: [requestId], gpus: group, degree, steps: 1, startMs: nowMs, endMs });
        const runs = { requestId, status: 'running', reason: 'smallest-feasible-degree' } as const;
        outcomes.set(requestId, isLate ? { requestId, status: 'best-effort', reason: 'late-running' } : runs);
      }
      // `null`: plan again at the next event. What was decided before the policy was asked is filled in.
      return composePlan(input, null, assignments, outcomes);
    },
  };
}

/** 0 for premium, 1 for the others, 2 for those that cannot make it any more, whoever they are. */
function classOf(request: PlanningRequest, nowMs: number): number {
  if (isDefinitelyLate(request, nowMs)) return 2;
  return request.weight >= premiumWeight ? 0 : 1;
}

/** Three policies on the same requests, every fifth of them premium. */
function main(): void {
  const profile = builtinProfile('flux.1-dev_h100');
  const cluster = createCluster(8);
  const drawn = createWorkload({
    ...{ profile, requests: 200, steps: 28, seed: 1, arrivals: poissonArrivals(24), slo: paperSlo(1.2) },
    mix: skewedMix(['256x256', '512x512', '1024x1024', '2048x2048']),
  });
  const requests = drawn.requests.map((request, index) => ({ ...request, weight: index % 5 === 0 ? 3 : 1 }));
  const trace: Trace = { ...drawn, requests };

  console.log('SLO met                premium  others');
  for (const policy of [edf(), horizon(), premiumFirst()]) {
    const run = simulate({ trace, profile, cluster, policy });
    const isPremium = ({ weight = 1 }: Trace['requests'][number]): boolean => weight >= premiumWeight;
    const [premium, others] = [share(run, trace, isPremium), share(run, trace, (request) => !isPremium(request))];
    console.log(`${policy.name.padEnd(22)} ${premium.padStart(7)} ${others.padStart(7)}`);
  }
}

/** The share of some requests that end no later than their deadlines. */
function share(run: SimulationRun, trace: Trace, counts: (request: Trace['requests'][number]) => boolean): string {
  // Records are in the order of the trace.
  const records = run.records.filter((_, index) => counts(trace.requests[index]!));
  return `${((100 * records.filter(({ onTime }) => onTime).length) / records.length).toFixed(1)} %`;
}

// Not where it is imported by a test.
if (process.argv[1] === fileURLToPath(import.meta.url)) main();
