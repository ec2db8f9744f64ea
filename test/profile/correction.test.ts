import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { correctedProfile, limitBatches, observeSteps, type StepCorrection } from '../../src/profile/index.js';
import { profileOf, square } from '../simulation/worlds.js';

const profile = profileOf(
  square(64, { 1: 10, 2: 6 }, { encodeMs: 3, decodeMs: 4, batchStepMs: { 2: { 1: 12, 2: 7 }, 3: { 2: 9 } } }),
  square(128, { 1: 40, 2: 22, 4: 12 }),
);

function after(ratios: readonly number[]): StepCorrection {
  return ratios.reduce<StepCorrection | undefined>(
    (last, ratio) => observeSteps(last, '64x64', 2, ratio, 7),
    undefined,
  )!;
}

const ratio = fc.double({ min: 1e-3, max: 1e3, noNaN: true });

describe('observed step times', () => {
  it('count fully at first, and then a fifth', () => {
    expect(after([1.5])).toEqual({ shape: '64x64', degree: 2, factor: 1.5, applied: 1.5, samples: 1, observedMs: 7 });
    expect(after([1.5, 1]).factor).toBe(1.25);
    expect(after([1, 1, 1, 1, 1, 1, 2]).factor).toBeCloseTo(1.2);
  });

  it('leave plans alone as long as they are within two percent', () => {
    expect(after([1.019]).applied).toBe(1);
    expect(after([0.981]).applied).toBe(1);
    expect(after([1.1, 1.09]).applied).toBe(1.1);
    expect(after([1.1, 1]).applied).toBe(1.05);
  });

  it('stay within what was observed, and within bounds', () => {
    fc.assert(
      fc.property(fc.array(ratio, { minLength: 1, maxLength: 30 }), (ratios) => {
        const { factor, applied, samples } = after(ratios);
        const bounded = ratios.map((each) => Math.min(8, Math.max(1 / 8, each)));
        expect(factor).toBeGreaterThanOrEqual(Math.min(...bounded) * (1 - 1e-9));
        expect(factor).toBeLessThanOrEqual(Math.max(...bounded) * (1 + 1e-9));
        expect(Math.abs(factor / applied - 1)).toBeLessThanOrEqual(0.02);
        expect(samples).toBe(ratios.length);
      }),
    );
  });

  it('converge to a profile that is wrong all along', () => {
    fc.assert(
      fc.property(fc.double({ min: 0.2, max: 5, noNaN: true }), fc.array(ratio, { maxLength: 5 }), (wrong, before) => {
        const { factor } = after([...before, ...Array.from({ length: 60 }, () => wrong)]);
        expect(factor / wrong).toBeCloseTo(1, 2);
      }),
    );
  });
});

describe('a corrected profile', () => {
  const corrections = new Map<string, Map<number, StepCorrection>>();
  const corrected = correctedProfile(profile, (shape) => corrections.get(shape));
  const correct = (shape: string, degree: number, applied: number): void => {
    const byDegree = corrections.get(shape) ?? new Map<number, StepCorrection>();
    corrections.set(
      shape,
      byDegree.set(degree, { shape, degree, factor: applied, applied, samples: 9, observedMs: 0 }),
    );
  };

  it('is the profile where nothing was observed', () => {
    expect(corrected.shape('64x64')).toBe(profile.shape('64x64'));
    correct('64x64', 1, 1);
    expect(corrected.shape('64x64')).toBe(profile.shape('64x64'));
  });

  it('scales what was observed, alone and in batches, and nothing else', () => {
    correct('64x64', 2, 2);
    const times = corrected.shape('64x64');
    expect(times).toMatchObject({ stepMs: [10, 12], stepGpuMs: [10, 24], encodeMs: 3, decodeMs: 4 });
    expect(times.batches).toEqual([
      { size: 2, stepMs: [12, 14] },
      { size: 3, stepMs: [undefined, 18] },
    ]);
    // The fastest degree is another one now.
    expect([times.fastest, times.minStepMs]).toEqual([0, 10]);
    expect(corrected.shape('128x128')).toBe(profile.shape('128x128'));
  });

  it('is computed once for each correction', () => {
    const times = corrected.shape('64x64');
    expect(corrected.shape('64x64')).toBe(times);
    expect(corrected.shape('64x64x1')).toBe(times);
    correct('64x64', 2, 3);
    expect(corrected.shape('64x64').stepMs).toEqual([10, 18]);
  });

  it('knows shapes in between, and refuses the others', () => {
    correct('96x96', 2, 2);
    expect(corrected.shape('96x96').stepMs[1]).toBe(2 * profile.shape('96x96').stepMs[1]!);
    expect(() => corrected.shape('9000x9000')).toThrow(expect.objectContaining({ code: 'unknown-shape' }));
  });
});

describe('a profile with smaller batches', () => {
  it('lacks the larger ones', () => {
    const limited = limitBatches(profile, 2);
    expect(limited.shape('64x64').batches.map(({ size }) => size)).toEqual([2]);
    expect(limited.shapes[0]!.batches.map(({ size }) => size)).toEqual([2]);
    expect(limited.shape('64x64')).toBe(limited.shape('64x64'));
    expect(limitBatches(profile, 1).shape('64x64').batches).toEqual([]);
  });

  it('is the profile itself if there are none', () => {
    expect(limitBatches(profile, 3)).toBe(profile);
  });
});
