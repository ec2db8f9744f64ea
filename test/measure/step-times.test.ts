import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { minSamples, splitSteps } from '../../src/measure/samples.js';
import { medianStepMs, stepCvOf, type ChunkTime } from '../../src/measure/step-times.js';

test('steps are cut into chunks of about equal length, many enough and short enough', () => {
  fc.assert(
    fc.property(fc.nat(500), fc.integer({ min: 1, max: 9 }), (steps, minChunks) => {
      const chunks = splitSteps(steps, minChunks);
      expect(chunks.reduce((sum, length) => sum + length, 0)).toBe(steps);
      expect(chunks.length).toBeGreaterThanOrEqual(Math.min(steps, minChunks));
      if (steps === 0) return;
      expect(Math.min(...chunks)).toBeGreaterThanOrEqual(Math.max(1, Math.max(...chunks) - 1));
      expect(Math.max(...chunks)).toBeLessThanOrEqual(4);
    }),
  );
  expect(splitSteps(20, minSamples)).toEqual([4, 4, 4, 4, 4]);
  expect(splitSteps(7, minSamples)).toEqual([2, 2, 1, 1, 1]);
});

const chunk = fc.record<ChunkTime>({
  steps: fc.integer({ min: 1, max: 4 }),
  stepMs: fc.double({ min: 0.1, max: 1000, noNaN: true }),
});
const chunks = fc.array(chunk, { minLength: 1, maxLength: 12 });

describe('the step time', () => {
  it('is not moved by a minority of chunks, however they are disturbed', () => {
    const quiet = (stepMs: number): ChunkTime => ({ steps: 4, stepMs });
    expect(medianStepMs([9, 10, 11, 5000, 6000].map(quiet))).toBe(11);
    expect(medianStepMs([9, 10].map(quiet))).toBe(9.5);
  });
});

describe('the coefficient of variation', () => {
  it('is unknown where no two chunks can be compared', () => {
    expect(stepCvOf([])).toBeUndefined();
    expect(stepCvOf([[{ steps: 4, stepMs: 3 }], [{ steps: 4, stepMs: 5 }]])).toBeUndefined();
  });

  it('is that of a list of single steps', () => {
    const steps = [8, 9, 10, 11, 12].map((stepMs) => ({ steps: 1, stepMs }));
    expect(stepCvOf([steps])).toBeCloseTo(Math.sqrt(2.5) / 10, 12);
  });

  it('counts a chunk of n steps as the mean of n independent ones', () => {
    const times = (steps: number): readonly ChunkTime[] => [8, 9, 10, 11, 12].map((stepMs) => ({ steps, stepMs }));
    expect(stepCvOf([times(4)])).toBeCloseTo(2 * stepCvOf([times(1)])!, 12);
  });

  it('does not depend on the unit of time, on order, or on how fast other groups are', () => {
    fc.assert(
      fc.property(chunks, chunks, fc.double({ min: 0.01, max: 100, noNaN: true }), (a, b, factor) => {
        const slower = b.map(({ steps, stepMs }) => ({ steps, stepMs: stepMs * factor }));
        const [cv, other] = [stepCvOf([a, b]), stepCvOf([slower.toReversed(), a.toReversed()])];
        if (cv === undefined) expect(other).toBeUndefined();
        else expect(other).toBeCloseTo(cv, 6);
      }),
    );
  });

  it('is 0 where nothing varies, between groups aside', () => {
    const steady = (stepMs: number): readonly ChunkTime[] => [4, 4, 3].map((steps) => ({ steps, stepMs }));
    expect(stepCvOf([steady(2), steady(16)])).toBe(0);
    expect(stepCvOf([steady(0)])).toBe(0);
  });
});
