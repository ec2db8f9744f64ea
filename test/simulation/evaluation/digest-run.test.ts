import { expect, test } from 'vitest';
import { digestRun } from '../../../src/simulation/evaluation/index.js';
import { summarize, type SimulationRun, type Trace } from '../../../src/simulation/index.js';
import { createCluster } from '../../../src/model/index.js';

test('a percentile that falls on the last request that ended is its latency', () => {
  const requests = Array.from({ length: 101 }, (_, index) => {
    return { id: `r${index}`, shape: '256x256', steps: 1, arrivalMs: 0, deadlineMs: 100 };
  });
  const trace: Trace = { schemaVersion: 1, requests };
  const records = requests.map(({ id: requestId }, index) =>
    index <= 50
      ? ({ requestId, status: 'completed', endMs: index + 1, onTime: true } as const)
      : ({ requestId, status: 'failed', endMs: 60, onTime: false, reason: 'gpu-lost' } as const),
  );
  const run = { log: [], records, planningMs: [], endMs: 60 } as unknown as SimulationRun;
  const keep = { latencies: true, planning: false, windowMs: null };
  const { latencyPercentilesMs } = digestRun(run, summarize(run, trace, createCluster(1)), trace, keep);
  expect(latencyPercentilesMs).toEqual(Array.from({ length: 101 }, (_, index) => (index <= 50 ? index + 1 : null)));
});
