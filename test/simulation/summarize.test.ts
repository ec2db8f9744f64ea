import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createCluster } from '../../src/model/index.js';
import { createPolicy, policyNames } from '../../src/policies/index.js';
import { simulate, summarize, type SimulationRun, type Trace } from '../../src/simulation/index.js';
import { cases, profileOf, worlds } from './worlds.js';

const trace: Trace = {
  schemaVersion: 1,
  requests: [
    { id: 'a', shape: '64x64', steps: 4, arrivalMs: 100, deadlineMs: 200 },
    { id: 'b', shape: '128x128', steps: 4, arrivalMs: 110, deadlineMs: 200 },
    { id: 'c', shape: '64x64', steps: 4, arrivalMs: 120, deadlineMs: 200 },
    { id: 'd', shape: '64x64', steps: 4, arrivalMs: 130, deadlineMs: 300 },
    { id: 'e', shape: '256x256', steps: 4, arrivalMs: 140, deadlineMs: 300 },
  ],
};

const run: SimulationRun = {
  policy: 'by hand',
  log: [
    { requestIds: ['a'], gpus: [0, 1], degree: 2, startMs: 100, endMs: 140, steps: 4 },
    { requestIds: ['b'], gpus: [2], degree: 1, startMs: 110, endMs: 210, steps: 4 },
    { requestIds: ['c', 'd'], gpus: [0], degree: 1, startMs: 140, endMs: 180, steps: 4 },
  ],
  records: [
    { requestId: 'a', status: 'completed', endMs: 140, onTime: true },
    { requestId: 'b', status: 'completed', endMs: 210, onTime: false },
    { requestId: 'c', status: 'completed', endMs: 180, onTime: true },
    { requestId: 'd', status: 'cancelled', endMs: 180, onTime: false },
    { requestId: 'e', status: 'unfinished', endMs: null, onTime: false },
  ],
  planningMs: [1, 3],
};

it('adds up a run', () => {
  expect(summarize(run, trace, createCluster(4))).toEqual({
    policy: 'by hand',
    requests: 5,
    onTime: 2,
    sloAttainment: 2 / 5,
    // 40, 100 and 60 ms.
    meanLatencyMs: 200 / 3,
    p50LatencyMs: 60,
    p99LatencyMs: 60 + 0.98 * 40,
    // 80 + 100 + 40 of 4 GPUs from 100 to 210.
    gpuUtilization: 220 / 440,
    perShape: {
      '64x64': { requests: 3, onTime: 2, sloAttainment: 2 / 3, meanLatencyMs: 50 },
      '128x128': { requests: 1, onTime: 0, sloAttainment: 0, meanLatencyMs: 100 },
      '256x256': { requests: 1, onTime: 0, sloAttainment: 0, meanLatencyMs: null },
    },
    planning: { count: 2, meanUs: 2000, p99Us: 2980 },
  });
  expect(Object.keys(summarize(run, trace, createCluster(4)).perShape)).toEqual(['64x64', '128x128', '256x256']);
});

it('has no latencies where nothing was completed', () => {
  const records = run.records.map(
    ({ requestId }) => ({ requestId, status: 'unfinished', endMs: null, onTime: false }) as const,
  );
  expect(summarize({ ...run, log: [], records, planningMs: [] }, trace, createCluster(4))).toMatchObject({
    onTime: 0,
    sloAttainment: 0,
    meanLatencyMs: null,
    p50LatencyMs: null,
    p99LatencyMs: null,
    gpuUtilization: 0,
    planning: { count: 0, meanUs: 0, p99Us: 0 },
  });
});

it('finds no promise broken in an empty run', () => {
  const empty = { policy: 'none', log: [], records: [], planningMs: [] };
  expect(summarize(empty, { schemaVersion: 1, requests: [] }, createCluster(1))).toEqual({
    policy: 'none',
    requests: 0,
    onTime: 0,
    sloAttainment: 1,
    meanLatencyMs: null,
    p50LatencyMs: null,
    p99LatencyMs: null,
    gpuUtilization: 0,
    perShape: {},
    planning: { count: 0, meanUs: 0, p99Us: 0 },
  });
});

it('takes traces of any length', () => {
  const requests = Array.from({ length: 200_000 }, (_, index) => ({ ...trace.requests[0]!, id: `r${index}` }));
  const records = requests.map(
    ({ id }) => ({ requestId: id, status: 'cancelled', endMs: 100, onTime: false }) as const,
  );
  const long = { policy: 'none', log: [], records, planningMs: [] };
  expect(summarize(long, { schemaVersion: 1, requests }, createCluster(1)).requests).toBe(200_000);
});

it('keeps its numbers in their ranges, and shapes add up to the whole', () => {
  fc.assert(
    fc.property(worlds(), fc.constantFrom(...policyNames), (world, name) => {
      const replay = { schemaVersion: 1 as const, requests: world.requests };
      const result = simulate({
        trace: replay,
        profile: profileOf(...world.shapes),
        cluster: world.cluster,
        policy: createPolicy(name),
      });
      const summary = summarize(result, replay, world.cluster);
      const shapes = Object.values(summary.perShape);
      expect(shapes.reduce((sum, { requests }) => sum + requests, 0)).toBe(summary.requests);
      expect(shapes.reduce((sum, { onTime }) => sum + onTime, 0)).toBe(summary.onTime);
      for (const { sloAttainment } of [summary, ...shapes]) {
        expect(sloAttainment).toBeGreaterThanOrEqual(0);
        expect(sloAttainment).toBeLessThanOrEqual(1);
      }
      expect(summary.gpuUtilization).toBeGreaterThanOrEqual(0);
      expect(summary.gpuUtilization).toBeLessThanOrEqual(1);
      const { p50LatencyMs, p99LatencyMs, meanLatencyMs } = summary;
      expect((p50LatencyMs === null) === (meanLatencyMs === null)).toBe(true);
      if (p50LatencyMs !== null) expect(p50LatencyMs).toBeLessThanOrEqual(p99LatencyMs!);
    }),
    cases(100),
  );
});
