import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createCluster } from '../../../src/model/index.js';
import { edf } from '../../../src/policies/index.js';
import { builtinProfile } from '../../../src/profile/index.js';
import {
  createWorkload,
  findCapacity,
  gpuCountsUpTo,
  paperSlo,
  poissonArrivals,
  simulate,
  summarize,
  uniformMix,
  type Capacity,
} from '../../../src/simulation/index.js';

interface Measured {
  readonly sloAttainment: number;
}

/** A search over counts 1, 2, 3 and so on that reach, or do not reach, a target of 0.9. */
function search(
  reaches: readonly boolean[],
  options: { readonly expectedGpus?: number; readonly confirmations?: number } = {},
): Promise<Capacity<Measured>> {
  const gpuCounts = reaches.map((_, index) => index + 1);
  const measure = (gpus: number): Measured => ({ sloAttainment: reaches[gpus - 1] === true ? 0.9 : 0.8999 });
  return findCapacity({ target: 0.9, gpuCounts, measure, ...options });
}

const anyReaches = fc.array(fc.boolean(), { minLength: 1, maxLength: 40 });
const monotone = fc
  .record({ failing: fc.nat(60), reaching: fc.nat(60) })
  .filter(({ failing, reaching }) => failing + reaching > 0)
  .map(({ failing, reaching }) => [...Array<boolean>(failing).fill(false), ...Array<boolean>(reaching).fill(true)]);
const anyOptions = fc.record({ expectedGpus: fc.integer({ min: 0, max: 70 }), confirmations: fc.nat(4) });

describe('whatever is reached where,', () => {
  test('the answer reaches the target, and so do all larger counts that were tried', async () => {
    await fc.assert(
      fc.asyncProperty(anyReaches, anyOptions, async (reaches, options) => {
        const { gpus, trials } = await search(reaches, options);
        const tried = new Map(trials.map(({ gpus: count, measured }) => [count, measured.sloAttainment >= 0.9]));
        if (gpus === null) expect(tried.get(reaches.length)).toBe(false);
        else for (const [count, reached] of tried) if (count >= gpus) expect(reached).toBe(true);
      }),
    );
  });

  test('the next smaller count was tried and fails; the next larger ones were tried', async () => {
    await fc.assert(
      fc.asyncProperty(anyReaches, anyOptions, async (reaches, options) => {
        const { gpus, trials } = await search(reaches, options);
        if (gpus === null) return;
        const counts = trials.map(({ gpus: count }) => count);
        if (gpus > 1) expect([counts.includes(gpus - 1), reaches[gpus - 2]]).toEqual([true, false]);
        for (let above = gpus; above <= Math.min(reaches.length, gpus + options.confirmations); above++) {
          expect(counts).toContain(above);
        }
      }),
    );
  });

  test('each count is tried once, and what was tried is told in order', async () => {
    await fc.assert(
      fc.asyncProperty(anyReaches, anyOptions, async (reaches, options) => {
        const calls: number[] = [];
        const { trials } = await findCapacity({
          ...options,
          target: 0.5,
          gpuCounts: reaches.map((_, index) => index + 1),
          measure: (gpus) => {
            calls.push(gpus);
            return { sloAttainment: reaches[gpus - 1] === true ? 1 : 0 };
          },
        });
        expect(trials.map(({ gpus }) => gpus)).toEqual(calls.sort((a, b) => a - b));
        expect(new Set(calls).size).toBe(calls.length);
      }),
    );
  });
});

describe('if attainment never falls,', () => {
  test('the answer is the fewest there is, wherever the search began', async () => {
    await fc.assert(
      fc.asyncProperty(monotone, anyOptions, async (reaches, options) => {
        const first = reaches.indexOf(true);
        expect((await search(reaches, options)).gpus).toBe(first === -1 ? null : first + 1);
      }),
    );
  });

  test('a logarithm of the counts is tried', async () => {
    await fc.assert(
      fc.asyncProperty(monotone, fc.integer({ min: 0, max: 70 }), async (reaches, expectedGpus) => {
        const { trials } = await search(reaches, { expectedGpus, confirmations: 0 });
        expect(trials.length).toBeLessThanOrEqual(2 * Math.ceil(Math.log2(reaches.length + 1)) + 2);
      }),
    );
  });
});

test('a count that reaches the target by luck is not the answer', async () => {
  // 3 GPUs do, 4 do not: the answer lies above.
  const reaches = [false, false, true, false, true, true, true, true];
  expect((await search(reaches)).gpus).toBe(5);
  expect((await search(reaches, { expectedGpus: 3 })).gpus).toBe(5);
  // Nobody asked for more than the first.
  expect((await search(reaches, { expectedGpus: 3, confirmations: 0 })).gpus).toBe(3);
});

test('with a good guess three counts and their confirmation are enough', async () => {
  const reaches = Array.from({ length: 64 }, (_, index) => index >= 20);
  const { gpus, trials } = await search(reaches, { expectedGpus: 21 });
  expect(gpus).toBe(21);
  expect(trials.map(({ gpus: count }) => count)).toEqual([20, 21, 22, 23]);
});

test('what is measured is handed on, also if it comes later', async () => {
  const gpuCounts = [2, 4, 8];
  const measure = (gpus: number): Promise<{ sloAttainment: number; note: string }> =>
    Promise.resolve({ sloAttainment: gpus / 8, note: `on ${gpus}` });
  const { gpus, trials } = await findCapacity({ target: 0.5, gpuCounts, measure });
  expect(gpus).toBe(4);
  expect(trials.map(({ measured }) => measured.note)).toEqual(['on 2', 'on 4', 'on 8']);
});

test('with simulation, the answer holds when it is run again', async () => {
  const profile = builtinProfile('flux.1-dev_h100');
  const shapes = ['256x256', '512x512', '1024x1024'];
  const trace = createWorkload({
    ...{ profile, requests: 60, steps: 10, seed: 3, slo: paperSlo(0.5) },
    ...{ arrivals: poissonArrivals(150), mix: uniformMix(shapes) },
  });
  const attained = (gpus: number): Measured => {
    const cluster = createCluster(gpus, 4);
    return summarize(simulate({ trace, profile, cluster, policy: edf() }), trace, cluster);
  };
  const gpuCounts = gpuCountsUpTo(32, 4);
  const { gpus } = await findCapacity({ target: 0.9, gpuCounts, measure: attained });
  expect(gpus).not.toBeNull();
  expect(attained(gpus!).sloAttainment).toBeGreaterThanOrEqual(0.9);
  const smaller = gpuCounts[gpuCounts.indexOf(gpus!) - 1]!;
  expect(attained(smaller).sloAttainment).toBeLessThan(0.9);
});

describe('refused:', () => {
  const good = { target: 0.9, gpuCounts: [1, 2], measure: () => ({ sloAttainment: 1 }) };

  test.each([
    [{ target: 0 }, 'out-of-range', 'target'],
    [{ target: 1.01 }, 'out-of-range', 'target'],
    [{ target: NaN }, 'out-of-range', 'target'],
    [{ target: '0.9' }, 'invalid-type', 'target'],
    [{ gpuCounts: [] }, 'empty', 'gpuCounts'],
    [{ gpuCounts: 8 }, 'invalid-type', 'gpuCounts'],
    [{ gpuCounts: [0, 1] }, 'out-of-range', 'gpuCounts[0]'],
    [{ gpuCounts: [1, 1.5] }, 'out-of-range', 'gpuCounts[1]'],
    [{ gpuCounts: [1, 4, 4] }, 'out-of-range', 'gpuCounts[2]'],
    [{ gpuCounts: [1, 4, 2] }, 'out-of-range', 'gpuCounts[2]'],
    [{ expectedGpus: -1 }, 'out-of-range', 'expectedGpus'],
    [{ expectedGpus: Infinity }, 'out-of-range', 'expectedGpus'],
    [{ confirmations: 0.5 }, 'out-of-range', 'confirmations'],
    [{ measure: () => ({ sloAttainment: NaN }) }, 'out-of-range', 'measure(1).sloAttainment'],
    [{ measure: () => ({ sloAttainment: 95 }) }, 'out-of-range', 'measure(1).sloAttainment'],
    [{ measure: () => ({}) }, 'invalid-type', 'measure(1).sloAttainment'],
  ])('%o', async (wrong, code, path) => {
    const options = { ...good, ...wrong } as unknown as Parameters<typeof findCapacity>[0];
    await expect(findCapacity(options)).rejects.toMatchObject({ code, path });
  });

  test('what a measurement throws', async () => {
    const measure = (): Measured => {
      throw new Error('no such cluster');
    };
    await expect(findCapacity({ ...good, measure })).rejects.toThrow('no such cluster');
  });
});
