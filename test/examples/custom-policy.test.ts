import { describe, expect, test } from 'vitest';
import { premiumFirst } from '../../examples/custom-policy.js';
import { createCluster } from '../../src/model/index.js';
import { planRound } from '../../src/policies/index.js';
import { builtinProfile } from '../../src/profile/index.js';
import { policyLaws } from '../../src/testing/index.js';

describe('the policy of examples/custom-policy.ts', () => {
  policyLaws({ test, policy: premiumFirst(), seed: Number(process.env['FC_SEED']) % 1_000_000, runs: 50 });

  const poster = { shape: '2048x2048', steps: 28, arrivalMs: 0 };
  const plan = (gpus: number, ...requests: readonly { id: string; weight: number; deadlineMs: number }[]) =>
    planRound(
      {
        ...{ nowMs: 0, profile: builtinProfile('flux.1-dev_h100'), gpus: createCluster(gpus).gpus },
        requests: requests.map((request) => ({ ...poster, ...request })),
      },
      premiumFirst(),
    );

  test('runs the premium request, though the other is due first', () => {
    const { assignments } = plan(
      8,
      { id: 'other', weight: 1, deadlineMs: 4600 },
      { id: 'premium', weight: 2, deadlineMs: 4700 },
    );
    expect(assignments.map(({ requestIds }) => requestIds)).toEqual([['premium']]);
  });

  test('holds GPUs for a premium request that does not fit yet', () => {
    const requests = [
      { id: 'small', weight: 1, deadlineMs: 60_000 },
      { id: 'premium', weight: 3, deadlineMs: 4700 },
      { id: 'late', weight: 3, deadlineMs: 10 },
    ];
    const input = {
      ...{
        nowMs: 0,
        profile: builtinProfile('flux.1-dev_h100'),
        requests: requests.map((each) => ({ ...poster, ...each })),
      },
      gpus: createCluster(8).gpus.map((gpu) => ({ ...gpu, busyUntilMs: gpu.id === 0 ? 20 : 0 })),
    };
    const { assignments, outcomes } = planRound(input, premiumFirst());
    expect(assignments).toEqual([]);
    expect(outcomes).toEqual([
      { requestId: 'late', status: 'best-effort', reason: 'late-waiting' },
      { requestId: 'premium', status: 'deferred', reason: 'no-capacity' },
      { requestId: 'small', status: 'deferred', reason: 'gpus-held' },
    ]);
  });
});
