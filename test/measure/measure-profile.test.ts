import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { SimulatedBackend } from '../../src/backends/simulated/index.js';
import { createCluster } from '../../src/model/index.js';
import { parseProfile, type MsByDegree } from '../../src/profile/index.js';
import { stepProfiles } from '../profile/fixtures.js';
import { normalDeviates } from '../scheduler/live-model/noise.js';
import { profileOf, square } from '../simulation/worlds.js';
import { measure } from './setup.js';

const profile = profileOf(
  square(64, { 1: 10, 2: 6, 4: 4 }, { batchStepMs: { 2: { 1: 18, 2: 11 }, 3: { 1: 25 } }, stepCv: 0.05 }),
  square(128, { 1: 40, 2: 22 }, { encodeMs: 5, decodeMs: 8 }),
);

/** A backend that does not say how long its steps took. */
function withoutDurations(backend: SimulatedBackend): SimulatedBackend {
  return { ...backend, run: async (call) => ({ steps: (await backend.run(call)).steps }) };
}

describe('measured times', () => {
  it('are those of the backend', async () => {
    const batchSizes = [1, 2, 3, 4];
    await fc.assert(
      fc.asyncProperty(stepProfiles, fc.boolean(), async (truth, isTold) => {
        const { profile, error, remarks, progress, backend, clock } = await measure({
          profile: parseProfile(truth),
          cluster: createCluster(32),
          wrap: isTold ? (all) => all : withoutDurations,
          plan: {
            shapes: truth.shapes.map(({ id }) => id),
            degrees: truth.degrees,
            batchSizes,
            steps: 6,
            warmupSteps: 1,
          },
        });
        expect(error).toBeUndefined();
        // The time is a sum of many.
        const near = (ms: number): unknown => expect.closeTo(ms, 6 - Math.log10(Math.max(1, clock.nowMs() / 1e6)));
        const all = (times: MsByDegree): unknown =>
          Object.fromEntries(Object.entries(times).map(([degree, ms]) => [degree, near(ms)]));
        const batchesOf = (times: Readonly<Record<string, MsByDegree>> = {}): readonly [string, MsByDegree][] =>
          Object.entries(times).filter(([size, ms]) => batchSizes.includes(Number(size)) && Object.keys(ms).length > 0);
        expect(profile?.shapes).toEqual(
          truth.shapes.map(({ id, width, height, frames, stepMs, batchStepMs, encodeMs = 0, decodeMs = 0 }) => ({
            ...{ id, width, height, frames, stepMs: all(stepMs) },
            ...(batchesOf(batchStepMs).length > 0 && {
              batchStepMs: Object.fromEntries(batchesOf(batchStepMs).map(([size, times]) => [size, all(times)])),
            }),
            ...{ encodeMs: near(encodeMs), decodeMs: near(decodeMs), stepCv: near(0) },
          })),
        );
        const missing = truth.shapes.flatMap(({ stepMs }) => truth.degrees.filter((degree) => !(degree in stepMs)));
        expect(remarks.filter((line) => !line.startsWith('a batch'))).toHaveLength(missing.length);
        expect(progress.at(-1)).toBeCloseTo(1, 9);
        expect(backend.held()).toBe(0);
      }),
      { numRuns: 25 },
    );
  });

  it('leave the steps to warm up out, and outliers', async () => {
    let calls = 0;
    // Of seven chunks the first warms up, and two were disturbed.
    const factors = [50, 1, 1.01, 30, 0.99, 20, 1.02];
    const wrap = (backend: SimulatedBackend): SimulatedBackend => ({
      ...backend,
      run: async (call) => ({
        steps: (await backend.run(call)).steps,
        durationMs: call.steps * 10 * factors[calls++]!,
      }),
    });
    const plan = { shapes: ['64x64'], degrees: [1], steps: 24, warmupSteps: 4 };
    expect((await measure({ profile, plan, wrap })).profile?.shapes[0]?.stepMs).toEqual({ 1: (10.1 + 10.2) / 2 });
  });

  it('of encoding and decoding leave the first of six calls out', async () => {
    let nowMs = 0;
    const [encodings, decodings] = [
      [7, 90, 50, 40, 30, 20, 10],
      [90, 5, 4, 3, 2, 1],
    ];
    const wrap = (backend: SimulatedBackend): SimulatedBackend => ({
      ...backend,
      prepare(call) {
        nowMs += encodings.shift()!;
        return backend.prepare(call);
      },
      finish(call) {
        nowMs += decodings.shift()!;
        return backend.finish(call);
      },
    });
    const plan = { shapes: ['64x64'], degrees: [1] };
    const { profile: measured } = await measure({ profile, plan, wrap, tools: { clock: { nowMs: () => nowMs } } });
    expect(measured?.shapes[0]).toMatchObject({ encodeMs: 30, decodeMs: 3 });
    expect([encodings, decodings]).toEqual([[], []]);
  });

  it('vary as the backend varies', async () => {
    const plan = { shapes: ['64x64', '128x128'], degrees: [1, 2, 4], steps: 2000 };
    const { profile: measured } = await measure({ profile, plan, noise: { deviate: normalDeviates(7), stepCv: 0.05 } });
    for (const { stepCv } of measured!.shapes) expect(Math.abs(stepCv! / 0.05 - 1)).toBeLessThan(0.1);
    expect(measured?.shapes[1]?.stepMs[2]).toBeCloseTo(22, 0);
  });

  it('say nothing of the variation where there is one chunk, or none that could be believed', async () => {
    const plan = { shapes: ['64x64'], degrees: [1] };
    const one = await measure({ profile, plan: { ...plan, steps: 1 } });
    expect(one.profile?.shapes[0]).not.toHaveProperty('stepCv');
    const noise = { deviate: normalDeviates(1), stepCv: 3 };
    const wild = await measure({ profile, plan, noise });
    expect(wild.profile?.shapes[0]).not.toHaveProperty('stepCv');
    expect(wild.remarks).toEqual([expect.stringMatching(/^the variation of the step time of 64x64 is left out: /)]);
  });
});

describe('a profile', () => {
  it('says what it is of and where it comes from', async () => {
    const source = { by: 'us', note: 'On a rainy day.' };
    const plan = { model: 'm', accelerator: 'a', source, shapes: ['128x128'], degrees: [1, 2] };
    const { profile: measured } = await measure({ profile, plan });
    const method = 'Medians over 5 chunks, 20 steps in all, after 4 steps to warm up.';
    expect(measured).toEqual({
      ...{ schemaVersion: 1, model: 'm', accelerator: 'a', degrees: [1, 2] },
      source: { kind: 'measured', by: 'us', note: `${method} On a rainy day.` },
      shapes: [expect.objectContaining({ id: '128x128' })],
    });
  });

  it('lacks what the backend cannot do, and tells why', async () => {
    const plan = { shapes: ['64x64', '128x128'], degrees: [1, 2, 3, 8], batchSizes: [2, 3] };
    const { profile: measured, remarks } = await measure({ profile, plan });
    expect(measured?.degrees).toEqual([1, 2]);
    expect(measured?.shapes.map(({ stepMs, batchStepMs }) => ({ stepMs, batchStepMs }))).toEqual([
      { stepMs: { 1: 10, 2: 6 }, batchStepMs: { 2: { 1: 18, 2: 11 }, 3: { 1: 25 } } },
      { stepMs: { 1: 40, 2: 22 }, batchStepMs: undefined },
    ]);
    const refused = (what: string, degree: number): string => `cannot do that: ${what} at degree ${degree}`;
    const batches = [1, 2].flatMap((degree) => [2, 3].map((size) => [`${size} x 128x128`, degree] as const));
    expect(remarks).toEqual([
      `a batch of 3 x 64x64 at degree 2 is left out: ${refused('3 x 64x64', 2)}`,
      `64x64 at degree 3 is left out: ${refused('64x64', 3)}`,
      '64x64 at degree 8 is left out: no domain has 8 GPUs',
      ...batches.map(
        ([what, degree]) => `a batch of ${what} at degree ${degree} is left out: ${refused(what, degree)}`,
      ),
      `128x128 at degree 3 is left out: ${refused('128x128', 3)}`,
      '128x128 at degree 8 is left out: no domain has 8 GPUs',
    ]);
  });

  it('of a shape that runs at no degree is none', async () => {
    const plan = { shapes: ['64x64', '128x128'], degrees: [4, 8] };
    const { error, backend } = await measure({ profile, plan });
    const why = 'cannot do that: 128x128 at degree 4; no domain has 8 GPUs';
    expect(error).toMatchObject({
      ...{ code: 'unsupported', path: 'shapes[1]', received: '128x128' },
      message: `shapes[1]: 128x128 runs at none of the degrees: ${why}`,
    });
    expect(backend.held()).toBe(0);
  });

  it('of steps that take no time is none', async () => {
    const wrap = (backend: SimulatedBackend): SimulatedBackend => ({
      ...backend,
      run: async (call) => ({ steps: (await backend.run(call)).steps, durationMs: 0 }),
    });
    const { error } = await measure({ profile, wrap, plan: { shapes: ['64x64'], degrees: [1] } });
    expect(error).toMatchObject({ code: 'out-of-range', path: 'shapes[0].stepMs["1"]' });
  });

  it('uses GPUs of one domain, whatever their ids', async () => {
    const gpus = [3, 5, 7, 9, 10].map((id) => ({ id, domain: id < 7 ? 0 : 1 }));
    const groups = new Set<string>();
    const wrap = (backend: SimulatedBackend): SimulatedBackend => ({
      ...backend,
      run: (call) => {
        groups.add(call.gpus.join());
        return backend.run(call);
      },
    });
    const plan = { shapes: ['64x64'], degrees: [1, 2, 4] };
    const { profile: measured, remarks } = await measure({ profile, plan, cluster: { gpus }, wrap });
    expect([...groups]).toEqual(['3', '3,5']);
    expect(measured?.degrees).toEqual([1, 2]);
    expect(remarks).toEqual(['64x64 at degree 4 is left out: no domain has 4 GPUs']);
  });

  it('is told to be on its way, further and further', async () => {
    const plan = { shapes: ['64x64', '128x128'], degrees: [1, 3], batchSizes: [2] };
    const { progress } = await measure({ profile, plan });
    expect(progress).toEqual([...progress].sort((a, b) => a - b));
    expect(progress[0]).toBeGreaterThan(0);
    expect(progress.at(-1)).toBe(1);
  });
});
