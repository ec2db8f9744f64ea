import { describe, expect, it } from 'vitest';
import { parseMeasurePlan, type MeasurePlan } from '../../src/measure/plan.js';

const least: MeasurePlan = { model: 'toy', accelerator: 'none', shapes: ['64x64'], degrees: [1] };

describe('a plan', () => {
  it('has defaults', () => {
    const defaults = { source: {}, batchSizes: [1], steps: 20, warmupSteps: 4 };
    expect(parseMeasurePlan(least)).toEqual({ ...least, ...defaults });
  });

  it('is put in order: shapes once each, degrees and batch sizes ascending, one request always', () => {
    const plan = {
      ...least,
      shapes: ['96x64', '64x64x1', '96x64', '64x64'],
      degrees: [4, 1, 4],
      batchSizes: [3, 2, 3],
    };
    const expected = { shapes: ['96x64', '64x64'], degrees: [1, 4], batchSizes: [1, 2, 3] };
    expect(parseMeasurePlan(plan)).toMatchObject(expected);
    expect(parseMeasurePlan(parseMeasurePlan(plan))).toEqual(parseMeasurePlan(plan));
  });

  it.each([
    [{ model: '' }, 'out-of-range', 'model'],
    [{ accelerator: 1 }, 'invalid-type', 'accelerator'],
    [{ source: 'x' }, 'invalid-type', 'source'],
    [{ shapes: [] }, 'empty', 'shapes'],
    [{ shapes: ['64x64', '64'] }, 'invalid-shape', 'shapes[1]'],
    [{ degrees: [] }, 'empty', 'degrees'],
    [{ degrees: [1, 0] }, 'out-of-range', 'degrees[1]'],
    [{ batchSizes: [1.5] }, 'out-of-range', 'batchSizes[1]'],
    [{ steps: 0 }, 'out-of-range', 'steps'],
    [{ warmupSteps: -1 }, 'out-of-range', 'warmupSteps'],
  ])('with %j is refused', (change, code, path) => {
    const plan = { ...least, ...change } as MeasurePlan;
    expect(() => parseMeasurePlan(plan)).toThrow(expect.objectContaining({ code, path }));
  });
});
