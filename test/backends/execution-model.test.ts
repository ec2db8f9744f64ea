import { randomLcg, randomNormal } from 'd3-random';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  createExecutionModel,
  type ChunkToRun,
  type ExecutionModelOptions,
} from '../../src/backends/simulated/index.js';
import { profileOf, square } from '../simulation/worlds.js';

const profile = profileOf(
  square(64, { 1: 10, 2: 6, 4: 4 }, { batchStepMs: { 2: { 1: 18, 2: 11 } }, stepCv: 0.02 }),
  square(128, { 1: 40, 2: 22 }, { encodeMs: 5, decodeMs: 8, batchStepMs: { 2: { 1: 70 } } }),
);

/** Requests whose id starts with `b` are big. */
function modelOf(more: Partial<ExecutionModelOptions> = {}) {
  return createExecutionModel({ profile, shapeOf: (id) => (id.startsWith('b') ? '128x128' : '64x64'), ...more });
}

function chunk(requestIds: readonly string[], gpus: readonly number[], more: Partial<ChunkToRun> = {}): ChunkToRun {
  return { requestIds, encode: [], gpus, steps: 5, ...more };
}

describe('a chunk', () => {
  it('takes its steps, at the step time of its degree', () => {
    expect(modelOf().run(chunk(['a'], [3]), 100)).toEqual({
      startMs: 100,
      encodings: [],
      encodedMs: 100,
      firstStepMs: 100,
      stepMs: 10,
      endMs: 150,
    });
    expect(modelOf().run(chunk(['a'], [0, 1]), 0)).toMatchObject({ stepMs: 6, endMs: 30 });
  });

  it('encodes first, one member after another', () => {
    expect(modelOf().run(chunk(['b1', 'b2'], [0], { encode: ['b1', 'b2'], steps: 2 }), 100)).toEqual({
      startMs: 100,
      encodings: [
        { requestId: 'b1', startMs: 100, endMs: 105 },
        { requestId: 'b2', startMs: 105, endMs: 110 },
      ],
      encodedMs: 110,
      firstStepMs: 110,
      stepMs: 70,
      endMs: 250,
    });
  });

  it('encodes only those it is told to', () => {
    const { encodings, endMs } = modelOf().run(chunk(['b1', 'b2'], [0], { encode: ['b2'], steps: 1 }), 0);
    expect(encodings).toEqual([{ requestId: 'b2', startMs: 0, endMs: 5 }]);
    expect(endMs).toBe(75);
  });

  it('of a batch takes the step time of the batch', () => {
    expect(modelOf().run(chunk(['a1', 'a2'], [0]), 0)).toMatchObject({ stepMs: 18, endMs: 90 });
    expect(modelOf().run(chunk(['a1', 'a2'], [0, 1]), 0)).toMatchObject({ stepMs: 11, endMs: 55 });
  });

  it.each([
    ['a batch size', chunk(['a1', 'a2', 'a3'], [0])],
    ['a batch at this degree', chunk(['a1', 'a2'], [0, 1, 2, 3])],
    ['a degree', chunk(['a'], [0, 1, 2])],
  ])('that was not measured (%s) cannot run', (_, unknown) => {
    expect(() => modelOf().run(unknown, 0)).toThrow(/no step time|degree/);
  });
});

describe('a change of GPUs', () => {
  it('costs nothing at the first chunk, and on the same GPUs in any order', () => {
    const model = modelOf({ switchMs: 3 });
    expect(model.run(chunk(['a'], [0, 1]), 0).firstStepMs).toBe(0);
    expect(model.run(chunk(['a'], [0, 1]), 100).firstStepMs).toBe(100);
    expect(model.run(chunk(['a'], [1, 0]), 200).firstStepMs).toBe(200);
  });

  it('is not confused by ids of several digits', () => {
    const model = modelOf({ switchMs: 3 });
    model.run(chunk(['a'], [9, 10]), 0);
    expect(model.run(chunk(['a'], [10, 9]), 100).firstStepMs).toBe(100);
    expect(model.run(chunk(['a'], [1, 90]), 200).firstStepMs).toBe(203);
  });

  it.each([
    ['other GPUs', [2, 3]],
    ['one other GPU', [0, 2]],
    ['fewer', [0]],
    ['more', [0, 1, 2, 3]],
  ])('costs to go to %s, after encoding', (_, gpus) => {
    const model = modelOf({ switchMs: 3 });
    model.run(chunk(['a'], [0, 1]), 0);
    expect(model.run(chunk(['a'], gpus), 100)).toMatchObject({ encodedMs: 100, firstStepMs: 103 });
    expect(model.run(chunk(['a'], gpus), 200).firstStepMs).toBe(200);
  });

  it('costs 2 ms by default', () => {
    const model = modelOf();
    model.run(chunk(['a'], [0]), 0);
    expect(model.run(chunk(['a'], [1]), 100).firstStepMs).toBe(102);
  });

  it('costs a batch once, also if only one member changes', () => {
    const model = modelOf({ switchMs: 3 });
    model.run(chunk(['a1'], [0]), 0);
    model.run(chunk(['a2'], [1]), 0);
    expect(model.run(chunk(['a1', 'a2'], [0]), 100)).toMatchObject({ firstStepMs: 103, endMs: 193 });
    expect(model.run(chunk(['a1', 'a2'], [2]), 200)).toMatchObject({ firstStepMs: 203 });
    expect(model.run(chunk(['a2', 'new'], [2]), 300)).toMatchObject({ firstStepMs: 300 });
  });

  it('is forgotten with the request', () => {
    const model = modelOf({ switchMs: 3 });
    model.run(chunk(['a'], [0]), 0);
    model.release('a');
    expect(model.run(chunk(['a'], [1]), 100).firstStepMs).toBe(100);
  });

  it.each([-1, NaN])('cannot cost %d', (switchMs) => {
    expect(() => modelOf({ switchMs })).toThrow(expect.objectContaining({ code: 'out-of-range', path: 'switchMs' }));
  });
});

describe('decoding', () => {
  it('takes its time, one after another on each GPU', () => {
    const model = modelOf();
    expect(model.decode('b1', 0, 100)).toEqual({ startMs: 100, endMs: 108 });
    expect(model.decode('b2', 0, 100)).toEqual({ startMs: 108, endMs: 116 });
    expect(model.decode('b3', 1, 104)).toEqual({ startMs: 104, endMs: 112 });
    expect(model.decode('b4', 0, 110)).toEqual({ startMs: 116, endMs: 124 });
    expect(model.decode('b5', 0, 200)).toEqual({ startMs: 200, endMs: 208 });
  });

  it('of no duration is over at once', () => {
    expect(modelOf().decode('a', 0, 100)).toEqual({ startMs: 100, endMs: 100 });
  });
});

describe('noise', () => {
  const normal = (seed: number): (() => number) => randomNormal.source(randomLcg(seed / 2 ** 31))();

  it('has the mean of the profile, and the deviation of the mean of so many steps', () => {
    const model = modelOf({ noise: { deviate: normal(7), stepCv: 0.1 } });
    for (const steps of [1, 4, 25]) {
      const means = Array.from({ length: 4000 }, () => model.run(chunk(['a'], [0], { steps }), 0).stepMs / 10);
      const mean = means.reduce((sum, each) => sum + each) / means.length;
      const deviation = Math.sqrt(means.reduce((sum, each) => sum + (each - mean) ** 2, 0) / means.length);
      expect(mean).toBeCloseTo(1, 2);
      expect(deviation * Math.sqrt(steps)).toBeCloseTo(0.1, 2);
    }
  });

  it('is cut off at four deviations, and never turns time back', () => {
    fc.assert(
      fc.property(
        fc.double({ noNaN: true, min: -50, max: 50 }),
        fc.double({ noNaN: true, min: 0, max: 2 }),
        fc.integer({ min: 1, max: 50 }),
        (deviate, stepCv, steps) => {
          const model = modelOf({ noise: { deviate: () => deviate, stepCv } });
          const { firstStepMs, stepMs, endMs } = model.run(chunk(['a'], [0], { steps }), 100);
          const bound = (4 * stepCv) / Math.sqrt(steps);
          expect(stepMs).toBeGreaterThan(0);
          expect(stepMs).toBeGreaterThanOrEqual(10 * (1 - bound) - 1e-9);
          expect(stepMs).toBeLessThanOrEqual(10 * (1 + bound) + 1e-9);
          expect(endMs).toBeCloseTo(firstStepMs + steps * stepMs, 6);
        },
      ),
    );
  });

  it('is that of the profile by default, and none where the profile has none', () => {
    const model = modelOf({ noise: { deviate: () => 2 } });
    expect(model.run(chunk(['a'], [0], { steps: 4 }), 0).stepMs).toBeCloseTo(10 * (1 + (2 * 0.02) / 2), 9);
    expect(model.run(chunk(['b'], [0], { steps: 4 }), 0).stepMs).toBe(40);
  });

  it('leaves encoding, moving and decoding alone', () => {
    const model = modelOf({ noise: { deviate: () => 3, stepCv: 0.1 }, switchMs: 3 });
    model.run(chunk(['b'], [0]), 0);
    const { encodedMs, firstStepMs } = model.run(chunk(['b'], [1], { encode: ['b'] }), 100);
    expect([encodedMs, firstStepMs]).toEqual([105, 108]);
    expect(model.decode('b', 0, 100)).toEqual({ startMs: 100, endMs: 108 });
  });

  it('draws one deviate a chunk', () => {
    let draws = 0;
    const model = modelOf({ noise: { deviate: () => ++draws, stepCv: 0.1 } });
    model.run(chunk(['a1', 'a2'], [0], { steps: 9 }), 0);
    model.decode('b', 0, 0);
    expect(draws).toBe(1);
  });

  it('cannot be negative', () => {
    expect(() => modelOf({ noise: { deviate: () => 0, stepCv: -0.1 } })).toThrow(
      expect.objectContaining({ code: 'out-of-range', path: 'noise.stepCv' }),
    );
  });
});
