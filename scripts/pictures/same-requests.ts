import { fixedDegree, horizon, tetriserve, type Policy } from '@tetri/scheduler';
import { createWorkload, paperSlo, poissonArrivals, uniformMix } from '@tetri/scheduler/simulation';
import { lanesChart } from './lanes.js';
import type { Picture } from './picture.js';
import { axisEndMs, drawRun, profile, shapes } from './run-bars.js';

/** Ten requests under four policies. The seed is one in which policies differ; the evaluation has the averages. */
export function sameRequests(): Picture {
  const trace = createWorkload({
    ...{ profile, requests: 10, steps: 28, seed: 20 },
    ...{ arrivals: poissonArrivals(72), mix: uniformMix(shapes), slo: paperSlo(1) },
  });
  const policies: [string, Policy][] = [
    ['always degree 8', fixedDegree(8)],
    ['always degree 2, the best fixed one here', fixedDegree(2)],
    ['tetriserve, the paper’s policy', tetriserve()],
    ['horizon', horizon()],
  ];
  const runs = policies.map(([name, policy]) => ({ name, ...drawRun(trace, policy) }));
  const panels = runs.map(({ name, onTime, bars }) => ({
    title: `${name}: ${onTime} of ${trace.requests.length} deadlines met`,
    bars,
  }));
  const title = 'The same ten requests on eight GPUs under four policies';
  return {
    name: 'same-requests',
    title,
    chart: lanesChart({ panels, gpus: 8, fromMs: 0, toMs: axisEndMs(runs, 1000), shapes, laneHeight: 11 }),
  };
}
