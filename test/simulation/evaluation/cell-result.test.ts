import { describe, expect, test } from 'vitest';
import { parseCellResult } from '../../../src/simulation/evaluation/index.js';

const counts = { requests: 2, onTime: 1 };
const bound = { kind: 'bound', ...counts, sloAttainment: 0.5 };
const run = {
  ...{ ...bound, kind: 'run', meanLatencyMs: 5.5, p99LatencyMs: null, gpuUtilization: 1 },
  perShape: { '256x256': counts },
  latencyPercentilesMs: Array.from({ length: 101 }, (_, percent) => (percent < 50 ? percent : null)),
  overTime: { windowMs: 1000, arrived: [2, 0], onTime: [1, 0], meanDegree: [1.5, null] },
  planning: { count: 1, meanUs: 2, p99Us: 3 },
};
const plain = { ...run, latencyPercentilesMs: undefined, overTime: undefined, planning: undefined };

describe('parseCellResult', () => {
  test.each([run, plain, bound, { kind: 'failed', message: '' }])('takes %j', (result) => {
    expect(parseCellResult(result, 'r')).toBe(result);
  });

  test.each([
    [{ kind: 'run', perShape: {} }, 'r.requests'],
    [{ kind: 'other' }, 'r.kind'],
    [{ kind: 'failed' }, 'r.message'],
    [{ ...bound, sloAttainment: '1' }, 'r.sloAttainment'],
    [{ ...bound, sloAttainment: 1.5 }, 'r.sloAttainment'],
    [{ ...run, onTime: -1 }, 'r.onTime'],
    [{ ...run, meanLatencyMs: undefined }, 'r.meanLatencyMs'],
    [{ ...run, p99LatencyMs: NaN }, 'r.p99LatencyMs'],
    [{ ...run, gpuUtilization: null }, 'r.gpuUtilization'],
    [{ ...run, perShape: { x: { requests: 1 } } }, 'r.perShape.x.onTime'],
    [{ ...run, latencyPercentilesMs: [1] }, 'r.latencyPercentilesMs'],
    [{ ...run, latencyPercentilesMs: run.latencyPercentilesMs.map(() => 'x') }, 'r.latencyPercentilesMs[0]'],
    [{ ...run, overTime: { ...run.overTime, windowMs: 0 } }, 'r.overTime.windowMs'],
    [{ ...run, overTime: { ...run.overTime, onTime: [1] } }, 'r.overTime.onTime'],
    [{ ...run, overTime: { ...run.overTime, meanDegree: [1, 'x'] } }, 'r.overTime.meanDegree[1]'],
    [{ ...run, planning: { count: 1, meanUs: 1 } }, 'r.planning.p99Us'],
  ])('refuses %j', (result, path) => {
    expect(() => parseCellResult(result, 'r')).toThrow(expect.objectContaining({ name: 'TetriError', path }));
  });
});
