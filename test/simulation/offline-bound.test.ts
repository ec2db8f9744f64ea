import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createCluster } from '../../src/model/index.js';
import { createPolicy, policyNames } from '../../src/policies/index.js';
import { offlineBound, simulate, summarize, type Trace } from '../../src/simulation/index.js';
import { profileOf, square, worlds } from './worlds.js';

const profile = profileOf(square(256, { 1: 10 }), square(1024, { 1: 160, 2: 90, 4: 50, 8: 30 }));

function traceOf(...requests: readonly (readonly [side: number, arrivalMs: number, dueMs: number])[]): Trace {
  return {
    schemaVersion: 1,
    requests: requests.map(([side, arrivalMs, dueMs], index) => ({
      ...{ id: `r${index}`, shape: `${side}x${side}`, steps: 10, arrivalMs, deadlineMs: arrivalMs + dueMs },
    })),
  };
}

describe('the bound', () => {
  it('counts what can be on time together', async () => {
    // One takes 300 ms on all eight GPUs: by 700 ms that is time for two of them, and on fewer GPUs there is none to gain.
    const trace = traceOf([1024, 0, 700], [1024, 0, 700], [1024, 0, 700]);
    expect(await offlineBound(trace, profile, createCluster(8))).toMatchObject({ onTime: 2 });
    expect(await offlineBound(trace, profile, createCluster(16, 8))).toMatchObject({ onTime: 3, sloAttainment: 1 });
  });

  it('leaves out who cannot be on time alone', async () => {
    const trace = traceOf([256, 0, 99], [256, 0, 101], [1024, 0, 1000]);
    expect(await offlineBound(trace, profile, createCluster(1))).toMatchObject({ onTime: 1, sloAttainment: 1 / 3 });
  });

  it('knows the future: it keeps GPUs free for who comes later', async () => {
    const trace = traceOf([1024, 0, 2000], [256, 300, 101], [256, 300, 101]);
    expect(await offlineBound(trace, profile, createCluster(2))).toMatchObject({ onTime: 3 });
  });

  it('adds up halves of requests, unless it is to count whole ones', async () => {
    // Each takes its only GPU for 1 s. Of two that are due after 1.5 s one and a half make it; and so it is again a minute later.
    const slow = profileOf(square(256, { 1: 100 }));
    const trace = traceOf(...[0, 0, 60_000, 60_000].map((arrivalMs) => [256, arrivalMs, 1500] as const));
    expect(await offlineBound(trace, slow, createCluster(1))).toMatchObject({ onTime: 3 });
    expect(await offlineBound(trace, slow, createCluster(1), { wholeRequests: true })).toMatchObject({ onTime: 2 });
  });

  it('of nothing is everything', async () => {
    const empty = { schemaVersion: 1, requests: [] } as const;
    expect(await offlineBound(empty, profile, createCluster(1))).toMatchObject({ onTime: 0, sloAttainment: 1 });
  });

  it('refuses slots of no length', async () => {
    await expect(offlineBound(traceOf([256, 0, 200]), profile, createCluster(1), { slotMs: 0 })).rejects.toMatchObject({
      ...{ code: 'out-of-range', path: 'slotMs' },
    });
  });

  it('is passed by no policy, with any slots', { timeout: 60_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(
        worlds(),
        fc.constantFrom(undefined, 7, 40),
        fc.boolean(),
        fc.constantFrom(...policyNames),
        async (world, slotMs, wholeRequests, name) => {
          const measured = profileOf(...world.shapes);
          const trace: Trace = { schemaVersion: 1, requests: world.requests };
          const { onTime } = await offlineBound(trace, measured, world.cluster, {
            wholeRequests,
            ...(slotMs !== undefined && { slotMs }),
          });
          const run = simulate({
            trace,
            profile: measured,
            cluster: world.cluster,
            policy: createPolicy(name),
            switchMs: 0,
          });
          expect(summarize(run, trace, world.cluster).onTime).toBeLessThanOrEqual(onTime);
        },
      ),
      { numRuns: 150, seed: Number(process.env['FC_SEED']) },
    );
  });
});
