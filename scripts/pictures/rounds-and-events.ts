import { horizon, tetriserve } from '@tetri/scheduler';
import type { Trace } from '@tetri/scheduler/simulation';
import { lanesChart } from './lanes.js';
import type { Picture } from './picture.js';
import { axisEndMs, drawRun, shapes } from './run-bars.js';

const trace: Trace = {
  schemaVersion: 1,
  requests: [
    { id: '1', shape: '2048x2048', steps: 8, arrivalMs: 0, deadlineMs: 2000 },
    { id: '2', shape: '1024x1024', steps: 12, arrivalMs: 130, deadlineMs: 1600 },
    { id: '3', shape: '256x256', steps: 20, arrivalMs: 400, deadlineMs: 1300 },
    { id: '4', shape: '512x512', steps: 20, arrivalMs: 640, deadlineMs: 1700 },
  ],
};

/** The same requests in rounds and at events: who has to wait for what. */
export function roundsAndEvents(): Picture {
  const runs = [tetriserve(), horizon()].map((policy) => ({ policy, ...drawRun(trace, policy) }));
  const arrivals = trace.requests.map(({ id, arrivalMs }) => ({ atMs: arrivalMs, text: `${id} comes` }));
  const panels = runs.map(({ policy, bars, planMs }) => ({
    title: '',
    bars,
    marks:
      policy.replanOn === 'boundary' ? planMs.map((atMs, index) => ({ atMs, text: `round ${index + 1}` })) : arrivals,
  }));
  const title = 'The same four requests, planned in rounds by tetriserve (above) and at events by horizon (below)';
  return {
    name: 'rounds-and-events',
    title,
    chart: lanesChart({ panels, gpus: 8, fromMs: 0, toMs: axisEndMs(runs, 250), shapes, laneHeight: 16 }),
  };
}
