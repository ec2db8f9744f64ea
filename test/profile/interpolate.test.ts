import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { latentTokens, TetriError } from '../../src/model/index.js';
import { parseProfile, type Profile, type ShapeTimes } from '../../src/profile/index.js';
import { squareOf, stepProfile, stepProfiles } from './fixtures.js';

const toy = parseProfile(stepProfile());
const code = (wanted: string): unknown => expect.objectContaining({ code: wanted });

describe('Profile.shape', () => {
  it('gives a measured shape as it is', () => {
    expect(toy.shape('512x512')).toBe(toy.shapes[1]);
    expect(toy.shape('512x512x1')).toBe(toy.shapes[1]);
  });

  it('interpolates by tokens between the nearest measured shapes', () => {
    // 2560 tokens: half of the way from 1024 to 4096.
    expect(toy.shape('1024x640')).toEqual({
      id: '1024x640',
      width: 1024,
      height: 640,
      frames: 1,
      tokens: 2560,
      interpolated: true,
      degrees: [1, 2, 4],
      stepMs: [100, 60, 38],
      stepGpuMs: [100, 120, 152],
      fastest: 2,
      minStepMs: 38,
      cheapest: 0,
      batches: [],
      encodeMs: 20,
      decodeMs: 24,
      stepCv: undefined, // 1024x1024 does not say
    });
    expect(toy.shape('256x512')).toMatchObject({ tokens: 512, stepCv: 0.01 }); // the larger
  });

  it('gives a shape of a measured token count the times of that count', () => {
    expect(toy.shape('2048x512')).toEqual({
      ...toy.shape('1024x1024'),
      id: '2048x512',
      width: 2048,
      height: 512,
      interpolated: true,
    });
  });

  it('takes the slower of two measured shapes of one token count, degree by degree', () => {
    const tall = { id: '256x1024', width: 256, height: 1024, frames: 1, stepMs: { '1': 44, '2': 28 }, decodeMs: 9 };
    const profile = parseProfile(stepProfile({ shapes: [...stepProfile().shapes, tall] }));
    expect(profile.shape('512x512')).toMatchObject({ interpolated: false, stepMs: [40, 30, 26], decodeMs: 8 });
    expect(profile.shape('1024x256')).toMatchObject({
      interpolated: true,
      degrees: [1, 2],
      stepMs: [44, 30],
      encodeMs: 20,
      decodeMs: 9,
      stepCv: undefined,
    });
    expect(profile.shape('1024x640')).toMatchObject({ degrees: [1, 2], stepMs: [102, 60] });
  });

  it('has the degrees of both neighbours only', () => {
    const shapes = [
      squareOf(256, { '1': 20, '2': 22 }),
      squareOf(512, { '2': 30, '4': 26 }),
      squareOf(1024, { '1': 160 }),
    ];
    const profile = parseProfile(stepProfile({ shapes }));
    expect(profile.shape('256x512')).toMatchObject({ degrees: [2], fastest: 0, cheapest: 0 });
    expect(() => profile.shape('1024x640', 'requests[3].shape')).toThrow(
      expect.objectContaining({
        code: 'unknown-shape',
        path: 'requests[3].shape',
        received: '1024x640',
        message:
          'requests[3].shape: 1024x640 cannot be interpolated: the shapes of 1024 and 4096 tokens around it share no degree',
      }),
    );
  });

  it('says so if two measured shapes of one token count share no degree', () => {
    const wide = { id: '1024x256', width: 1024, height: 256, frames: 1, stepMs: { '2': 30 } };
    const profile = parseProfile(stepProfile({ shapes: [squareOf(512, { '1': 40 }), wide] }));
    expect(() => profile.shape('256x1024')).toThrow(
      '256x1024 cannot be interpolated: the shapes of 1024 tokens share no degree',
    );
  });

  it('counts tokens as the measured shapes do', () => {
    // A model with patches of 32 x 32 pixels.
    const shapes = stepProfile().shapes.map((shape) => ({ ...shape, tokens: latentTokens(shape) / 4 }));
    expect(parseProfile(stepProfile({ shapes })).shape('1024x640')).toMatchObject({
      tokens: 640,
      stepMs: [100, 60, 38],
    });
  });

  it('refuses shapes outside the measured range, and says what it is', () => {
    expect(() => toy.shape('2048x2048', 'shape')).toThrow(
      expect.objectContaining({
        code: 'unknown-shape',
        path: 'shape',
        received: '2048x2048',
        message: 'shape: 2048x2048 has 16384 tokens; this profile measured 256 to 4096',
      }),
    );
    expect(() => toy.shape('1024x1040')).toThrow(code('unknown-shape'));
    expect(() => toy.shape('256x240')).toThrow(code('unknown-shape'));
    expect(() => toy.shape('999999x999999x999999')).toThrow(code('unknown-shape'));
  });

  it('refuses what is no shape id', () => {
    expect(() => toy.shape('constructor', 'shape')).toThrow(
      expect.objectContaining({ code: 'invalid-shape', path: 'shape' }),
    );
  });

  it('remembers an interpolated shape, but not without bound', () => {
    const profile = parseProfile(stepProfile());
    const times = profile.shape('1024x640');
    expect(profile.shape('1024x640')).toBe(times);
    for (let height = 1; height <= 1024; height += 1) profile.shape(`1000x${200 + (height % 800)}`);
    for (let width = 300; width < 1000; width += 1) profile.shape(`${width}x500`);
    expect(profile.shape('1024x640')).toEqual(times);
    expect(profile.shape('1024x640')).not.toBe(times);
    expect(profile.shape('512x512')).toBe(profile.shapes[1]);
  });
});

/** Images of a width and height that a client might send. */
const sizes = fc.tuple(fc.integer({ min: 1, max: 5000 }), fc.integer({ min: 1, max: 5000 }));

function interpolatedOrUndefined(profile: Profile, width: number, height: number): ShapeTimes | undefined {
  try {
    const times = profile.shape(`${width}x${height}`);
    return times.interpolated ? times : undefined;
  } catch (error) {
    expect(TetriError.isInstance(error) && error.code).toBe('unknown-shape');
    return undefined;
  }
}

describe('laws of interpolation', () => {
  it('every time lies between those of the neighbours', () => {
    fc.assert(
      fc.property(stepProfiles, sizes, (step, [width, height]) => {
        const profile = parseProfile(step);
        const times = interpolatedOrUndefined(profile, width, height);
        if (times === undefined) return;
        const below = profile.shapes.filter(({ tokens }) => tokens <= times.tokens);
        const above = profile.shapes.filter(({ tokens }) => tokens >= times.tokens);
        const neighbours = [
          ...below.filter(({ tokens }) => tokens === below.at(-1)!.tokens),
          ...above.filter(({ tokens }) => tokens === above[0]!.tokens),
        ];
        expectBetween(
          times.encodeMs,
          neighbours.map(({ encodeMs }) => encodeMs),
        );
        expectBetween(
          times.decodeMs,
          neighbours.map(({ decodeMs }) => decodeMs),
        );
        for (const [index, degree] of times.degrees.entries()) {
          expect(neighbours.every(({ degrees }) => degrees.includes(degree))).toBe(true);
          expectBetween(
            times.stepMs[index]!,
            neighbours.map((near) => near.stepMs[near.degrees.indexOf(degree)]!),
          );
        }
        expect(times.minStepMs).toBe(times.stepMs[times.fastest]);
        expect(times.batches).toEqual([]);
      }),
    );
  });

  it('the answer does not depend on what was asked before, or on the order of the shapes', () => {
    fc.assert(
      fc.property(stepProfiles, fc.array(sizes, { minLength: 1, maxLength: 5 }), (step, asked) => {
        const profile = parseProfile(step);
        const reversed = parseProfile({ ...step, shapes: step.shapes.toReversed() });
        const answers = asked.map(([width, height]) => interpolatedOrUndefined(profile, width, height));
        const others = asked.toReversed().map(([width, height]) => interpolatedOrUndefined(reversed, width, height));
        expect(others.toReversed()).toEqual(answers);
      }),
    );
  });

  it('more tokens never take less time, if that holds of the measured shapes', () => {
    const rising = fc.uniqueArray(fc.integer({ min: 1, max: 300 }), { minLength: 2, maxLength: 6 }).chain((patches) =>
      fc
        .array(fc.double({ min: 0.01, max: 100, noNaN: true }), {
          minLength: patches.length,
          maxLength: patches.length,
        })
        .map((increases) => {
          let ms = 0;
          return patches
            .sort((a, b) => a - b)
            .map((side, index) => squareOf(side * 16, { '1': (ms += increases[index]!), '2': ms / 2 }));
        }),
    );
    fc.assert(
      fc.property(rising, fc.array(sizes, { minLength: 2 }), (shapes, asked) => {
        const profile = parseProfile(stepProfile({ shapes }));
        const known = asked.flatMap(([width, height]) => interpolatedOrUndefined(profile, width, height) ?? []);
        const all = [...profile.shapes, ...known].sort((a, b) => a.tokens - b.tokens);
        for (const [index, times] of all.entries()) {
          if (index > 0) expectAtLeast(times.minStepMs, all[index - 1]!.minStepMs);
        }
      }),
    );
  });

  it('linear is conservative: it is never below a convex curve', () => {
    // A constant for the launches, a linear part for the projections, a quadratic one for attention.
    const coefficients = fc.tuple(...[50, 0.05, 1e-5].map((max) => fc.double({ min: max / 100, max, noNaN: true })));
    fc.assert(
      fc.property(coefficients, sizes, ([launch, linear, attention], [width, height]) => {
        const cost = (tokens: number): number => launch! + linear! * tokens + attention! * tokens ** 2;
        const shapes = [256, 512, 1024, 2048].map((side) => squareOf(side, { '1': cost((side / 16) ** 2) }));
        const times = interpolatedOrUndefined(parseProfile(stepProfile({ shapes })), width, height);
        if (times !== undefined) expectAtLeast(times.minStepMs, cost(times.tokens));
      }),
    );
  });
});

function expectAtLeast(value: number, bound: number): void {
  expect(value).toBeGreaterThanOrEqual(bound * (1 - 1e-12));
}

function expectBetween(value: number, bounds: readonly number[]): void {
  expectAtLeast(value, Math.min(...bounds));
  expectAtLeast(Math.max(...bounds), value);
}
