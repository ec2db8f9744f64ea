import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { builtinProfile, builtinProfileNames } from '../../src/profile/index.js';
import { fastestSlo, paperBaseSloMs, paperSlo } from '../../src/simulation/slo.js';
import { formatTrace, parseTrace, type Trace } from '../../src/simulation/trace.js';
import {
  burstArrivals,
  constantArrivals,
  createWorkload,
  driftingMix,
  poissonArrivals,
  rateForLoad,
  skewedMix,
  uniformMix,
  weightedMix,
  type WorkloadOptions,
} from '../../src/simulation/workloads/index.js';

const profile = builtinProfile('flux.1-dev_h100');
const squares = ['256x256', '512x512', '1024x1024', '2048x2048'];
const paper: WorkloadOptions = {
  profile,
  requests: 300,
  steps: 28,
  seed: 1,
  arrivals: poissonArrivals(12),
  mix: skewedMix(squares),
  slo: paperSlo(1.2),
};
const shapesOf = (trace: Trace): string[] => trace.requests.map(({ shape }) => shape);
const arrivalsOf = (trace: Trace): number[] => trace.requests.map(({ arrivalMs }) => arrivalMs);

describe('createWorkload', () => {
  it('gives the trace that it gave before', () => {
    expect(formatTrace(createWorkload({ ...paper, requests: 3 }))).toMatchInlineSnapshot(`
      "{"schemaVersion":1,"requests":[
      {"id":"r1","shape":"1024x1024","steps":28,"arrivalMs":3180.4337003646297,"deadlineMs":6780.43370036463},
      {"id":"r2","shape":"256x256","steps":28,"arrivalMs":6107.194806791197,"deadlineMs":7907.194806791197},
      {"id":"r3","shape":"2048x2048","steps":28,"arrivalMs":8802.585695311267,"deadlineMs":14802.585695311267}
      ]}
      "
    `);
  });

  it('gives the same trace for the same seed, a valid one, and another for another', () => {
    const workloads = fc.record({
      seed: fc.nat(),
      requests: fc.nat(40),
      steps: fc.integer({ min: 1, max: 50 }),
      arrivals: fc.constantFrom(
        constantArrivals(30),
        poissonArrivals(18),
        burstArrivals({ ratePerMin: 6, factor: 4, burstMs: 20_000, gapMs: 40_000, randomWindows: true }),
      ),
      mix: fc.constantFrom(skewedMix(squares), driftingMix(uniformMix(squares), weightedMix(['2048x2048'], [1]))),
      slo: fc.constantFrom(paperSlo(), fastestSlo(2)),
    });
    fc.assert(
      fc.property(workloads, (some) => {
        const options = { ...some, profile };
        const trace = createWorkload(options);
        expect(createWorkload(options)).toEqual(trace);
        expect(parseTrace(JSON.parse(formatTrace(trace)), profile)).toEqual(trace);
        expect(trace.requests.map(({ id }) => id)).toEqual(trace.requests.map((_, index) => `r${index + 1}`));
        expect(arrivalsOf(trace)).toEqual(arrivalsOf(trace).toSorted((a, b) => a - b));
        if (some.requests === 40) expect(createWorkload({ ...options, seed: some.seed + 1 })).not.toEqual(trace);
      }),
    );
  });

  it('draws arrivals and shapes apart', () => {
    const trace = createWorkload(paper);
    const faster = createWorkload({ ...paper, arrivals: poissonArrivals(18) });
    const other = createWorkload({ ...paper, mix: uniformMix(squares) });
    expect(shapesOf(faster)).toEqual(shapesOf(trace));
    expect(arrivalsOf(faster)).not.toEqual(arrivalsOf(trace));
    expect(arrivalsOf(other)).toEqual(arrivalsOf(trace));
    expect(shapesOf(other)).not.toEqual(shapesOf(trace));
  });

  it('differs by seed in arrivals and in shapes', () => {
    const [a, b] = [1, 2].map((seed) => createWorkload({ ...paper, seed }));
    expect(arrivalsOf(a!)).not.toEqual(arrivalsOf(b!));
    expect(shapesOf(a!)).not.toEqual(shapesOf(b!));
  });

  it.each([1, 2, 3])('asks for shapes as often as the mix says, seed %i', (seed) => {
    const requests = 20_000;
    const drawn = shapesOf(createWorkload({ ...paper, seed, requests }));
    for (const { shape, share } of paper.mix(0)) {
      const count = drawn.filter((each) => each === shape).length;
      expect(Math.abs(count - share * requests)).toBeLessThan(4 * Math.sqrt(requests * share * (1 - share)));
    }
  });

  it.each([1, 2, 3])('drifts in a straight line, seed %i', (seed) => {
    const requests = 20_000;
    const mix = driftingMix(weightedMix(['256x256'], [1]), weightedMix(['2048x2048'], [1]));
    const drawn = shapesOf(createWorkload({ ...paper, seed, requests, mix }));
    expect([drawn[0], drawn.at(-1)]).toEqual(['256x256', '2048x2048']);
    for (let tenth = 0; tenth < 10; tenth += 1) {
      const part = drawn.slice(tenth * 2000, (tenth + 1) * 2000);
      const large = part.filter((shape) => shape === '2048x2048').length / part.length;
      expect(Math.abs(large - (tenth + 0.5) / 10)).toBeLessThan(4 * Math.sqrt(0.25 / part.length));
    }
  });

  it('never draws a shape of share 0', () => {
    const mix = weightedMix(['256x256', '512x512', '1024x1024'], [0, 1, 0]);
    expect(new Set(shapesOf(createWorkload({ ...paper, mix })))).toEqual(new Set(['512x512']));
  });

  it('draws the last shape that has a share where the shares fall short of 1 by rounding', () => {
    const mix = () => [
      { shape: '256x256', share: 0 },
      { shape: '512x512', share: 1e-300 },
      { shape: '1024x1024', share: 0 },
    ];
    expect(new Set(shapesOf(createWorkload({ ...paper, mix })))).toEqual(new Set(['512x512']));
  });

  it('allows no requests, and one', () => {
    expect(createWorkload({ ...paper, requests: 0 }).requests).toEqual([]);
    expect(createWorkload({ ...paper, requests: 1 }).requests).toHaveLength(1);
  });

  it.each<[string, Partial<WorkloadOptions>, string, string]>([
    ['half a request', { requests: 0.5 }, 'out-of-range', 'requests'],
    ['no steps', { steps: 0 }, 'out-of-range', 'steps'],
    ['a negative seed', { seed: -1 }, 'out-of-range', 'seed'],
    ['a shape that the profile does not cover', { mix: uniformMix(['4096x4096']) }, 'unknown-shape', 'mix'],
    ['such a shape that is never drawn', { mix: weightedMix(['64x64', '256x256'], [0, 1]) }, 'unknown-shape', 'mix'],
    ['a shape that the paper gives no SLO', { mix: uniformMix(['768x768']) }, 'unknown-shape', ''],
    ['arrivals of its own that are no numbers', { arrivals: () => () => NaN }, 'out-of-range', 'requests[0].arrivalMs'],
  ])('refuses %s', (_, more, code, path) => {
    expect(() => createWorkload({ ...paper, ...more })).toThrow(expect.objectContaining({ code, path }));
  });
});

describe('deadline rules', () => {
  it("paperSlo is the paper's table times a scale", () => {
    expect(paperBaseSloMs).toEqual({ '256x256': 1500, '512x512': 2000, '1024x1024': 3000, '2048x2048': 5000 });
    for (const { shape, arrivalMs, deadlineMs } of createWorkload(paper).requests) {
      expect(deadlineMs).toBe(arrivalMs + paperBaseSloMs[shape]! * 1.2);
    }
    expect(paperSlo()(profile.shape('256x256'), 50)).toBe(1500);
  });

  it('paperSlo names the shapes that it knows', () => {
    expect(() => paperSlo()(profile.shape('768x768'), 28)).toThrow(
      'the paper has no SLO for 768x768, only for 256x256, 512x512, 1024x1024, 2048x2048',
    );
  });

  it('fastestSlo is a multiple of the fastest possible latency', () => {
    const times = { ...profile.shape('1024x1024'), encodeMs: 30, decodeMs: 50 };
    expect(fastestSlo(2)(times, 28)).toBe((30 + 28 * 40 + 50) * 2);
    const trace = createWorkload({ ...paper, slo: fastestSlo(1.5), mix: uniformMix(['1024x1024', '256x256']) });
    for (const { shape, steps, arrivalMs, deadlineMs } of trace.requests) {
      expect(deadlineMs).toBe(arrivalMs + steps * profile.shape(shape).minStepMs * 1.5);
    }
  });

  it.each([0, -1, NaN, Infinity])('refuse a scale of %s', (scale) => {
    expect(() => paperSlo(scale)).toThrow(expect.objectContaining({ code: 'out-of-range', path: 'scale' }));
    expect(() => fastestSlo(scale)).toThrow(expect.objectContaining({ code: 'out-of-range', path: 'factor' }));
  });
});

describe('rateForLoad', () => {
  it('is GPU time at hand over GPU time a request', () => {
    // 28 steps of 21 ms: 588 ms a request.
    const options = { load: 0.5, gpus: 8, profile, mix: uniformMix(['256x256']), steps: 28 };
    expect(rateForLoad(options)).toBeCloseTo((0.5 * 8 * 60_000) / 588, 9);
  });

  it.each(builtinProfileNames)('makes a workload of that load, %s', (name) => {
    const some = builtinProfile(name);
    const mix = uniformMix(some.shapes.map(({ id }) => id));
    const rate = rateForLoad({ load: 0.6, gpus: 8, profile: some, mix, steps: 28 });
    const slo = fastestSlo(2);
    const options = { profile: some, requests: 20_000, steps: 28, seed: 1, arrivals: constantArrivals(rate), mix, slo };
    const { requests } = createWorkload(options);
    const gpuMs = requests
      .map(({ shape }) => some.shape(shape))
      .reduce((sum, { encodeMs, stepGpuMs, decodeMs }) => sum + encodeMs + 28 * Math.min(...stepGpuMs) + decodeMs, 0);
    expect(gpuMs / (8 * requests.at(-1)!.arrivalMs)).toBeCloseTo(0.6, 1);
  });

  it.each([
    [{ load: 0 }, 'load'],
    [{ gpus: 0 }, 'gpus'],
    [{ steps: 0 }, 'steps'],
  ])('refuses %o', (more, path) => {
    const options = { load: 0.5, gpus: 8, profile, mix: uniformMix(squares), steps: 28, ...more };
    expect(() => rateForLoad(options)).toThrow(expect.objectContaining({ code: 'out-of-range', path }));
  });
});
