/** Replays a workload on virtual time, checks the run, and draws it. */
import { builtinProfile, createCluster, edf } from '@tetri/scheduler';
import { chromeTrace, timelinePage } from '@tetri/scheduler/report';
import {
  createWorkload,
  paperSlo,
  poissonArrivals,
  simulate,
  summarize,
  uniformMix,
  validateRun,
  type RunSummary,
  type SimulationRun,
  type Trace,
} from '@tetri/scheduler/simulation';
import { expect } from './expect.js';

const profile = builtinProfile('flux.1-dev_h100');
const cluster = createCluster(8);
const trace: Trace = createWorkload({
  ...{ profile, requests: 10, steps: 28, seed: 1, slo: paperSlo() },
  arrivals: poissonArrivals(12),
  mix: uniformMix(['256x256', '1024x1024']),
});
const run: SimulationRun = simulate({ trace, profile, cluster, policy: edf() });
const summary: RunSummary = summarize(run, trace, cluster);
expect(summary.requests === 10, 'ten requests');
expect(validateRun(run.log, trace, profile, { cluster, records: run.records }).violations.length === 0, 'a valid run');
expect(timelinePage(run.log, { cluster, trace }).startsWith('<!doctype html>'), 'a page');
const { traceEvents } = JSON.parse(chromeTrace(run.log, { cluster, trace })) as { traceEvents: unknown[] };
expect(traceEvents.length > run.log.length, 'events of a timeline');
