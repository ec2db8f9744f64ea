import { horizon, tetriserve } from '@tetri/scheduler';
import type { Trace } from '@tetri/scheduler/simulation';
import { lanesChart } from './lanes.js';
import type { Picture } from './picture.js';
import { axisEndMs, drawRun, shapes } from './run-bars.js';

const trace: Trace = {
  schemaVersion: 1,
  requests: [
    { id: '1', shape: '2048x2048', steps: 28, arrivalMs: 0, deadlineMs: 5000 },
    { id: '2', shape: '2048x2048', steps: 28, arrivalMs: 800, deadlineMs: 5800 },
    { id: '3', shape: '2048x2048', steps: 28, arrivalMs: 1200, deadlineMs: 6200 },
  ],
};

/** Three requests that cannot all be on time: who sees it, and when. */
export function together(): Picture {
  const runs = [tetriserve(), horizon()].map((policy) => ({ policy, ...drawRun(trace, policy) }));
  const panels = runs.map(({ policy, bars, onTime }) => ({
    title: `${policy.name}: ${onTime} of ${trace.requests.length} deadlines met`,
    bars,
  }));
  const title = 'Three large requests: each can be on time, two of them together can, all three cannot';
  return {
    name: 'together',
    title,
    chart: lanesChart({ panels, gpus: 8, fromMs: 0, toMs: axisEndMs(runs, 500), shapes, laneHeight: 13 }),
  };
}
