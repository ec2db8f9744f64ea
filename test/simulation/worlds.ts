import fc from 'fast-check';
import type { Cluster, GenerationRequest } from '../../src/model/index.js';
import type { Policy } from '../../src/policies/index.js';
import { parseProfile, type MsByDegree, type Profile, type StepProfileShape } from '../../src/profile/index.js';
import type { Disturbance, RunLog } from '../../src/simulation/index.js';

/** A square image of `side` pixels a side. */
export function square(
  side: number,
  stepMs: MsByDegree,
  more: Partial<Omit<StepProfileShape, 'stepMs'>> = {},
): StepProfileShape {
  return { id: `${side}x${side}`, width: side, height: side, frames: 1, stepMs, ...more };
}

/** A checked profile of these shapes. */
export function profileOf(...shapes: readonly StepProfileShape[]): Profile {
  const degrees = [...new Set(shapes.flatMap(({ stepMs }) => Object.keys(stepMs).map(Number)))].sort((a, b) => a - b);
  return parseProfile({
    schemaVersion: 1,
    model: 'toy',
    accelerator: 'none',
    source: { kind: 'estimated' },
    degrees,
    shapes,
  });
}

/** What a profile knows, a cluster, and requests that go with them. Plain data, so that a counterexample can be read. */
export interface World {
  readonly shapes: readonly StepProfileShape[];
  readonly cluster: Cluster;
  readonly requests: readonly GenerationRequest[];
}

/** Sets of degrees: powers of two, others, some without 1. */
const degreeSets = [[1], [1, 2], [1, 2, 4], [1, 2, 4], [1, 2, 3], [1, 3, 5], [2, 4], [2, 3]] as const;

const stepTime = fc.integer({ min: 2, max: 120 }).map((halves) => halves / 2);
const sometimes = (max: number): fc.Arbitrary<number> =>
  fc.oneof(
    fc.constant(0),
    fc.integer({ min: 1, max: 2 * max }).map((halves) => halves / 2),
  );

function stepTimes(degrees: readonly number[]): fc.Arbitrary<MsByDegree> {
  return fc
    .array(stepTime, { minLength: degrees.length, maxLength: degrees.length })
    .map((times) => Object.fromEntries(degrees.map((degree, index) => [String(degree), times[index]!])));
}

function shapeOf(side: number, degrees: readonly number[], maxCv: number): fc.Arbitrary<StepProfileShape> {
  // Every shape has the smallest degree, so that most worlds can serve all of their requests.
  return fc.subarray(degrees.slice(1)).chain((wider) => {
    const own = [degrees[0]!, ...wider];
    return fc
      .record({
        stepMs: stepTimes(own),
        batch2: fc.subarray(own).chain(stepTimes),
        batch3: fc.subarray(own).chain(stepTimes),
        encodeMs: sometimes(20),
        decodeMs: sometimes(40),
        stepCv: fc.double({ min: 0, max: maxCv, noNaN: true }),
      })
      .map(({ stepMs, batch2, batch3, ...more }) => {
        const batches = Object.entries({ 2: batch2, 3: batch3 }).filter(([, times]) => Object.keys(times).length > 0);
        return square(side, stepMs, { ...more, batchStepMs: Object.fromEntries(batches) });
      });
  });
}

/** Clusters of one to three domains of one to five GPUs, with gaps in the ids. */
const clusters: fc.Arbitrary<Cluster> = fc
  .tuple(fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 3 }), fc.constantFrom(1, 1, 2), fc.nat(3))
  .map(([sizes, stride, first]) => ({
    gpus: sizes
      .flatMap((size, domain) => Array.from({ length: size }, () => domain))
      .map((domain, index) => ({ id: first + index * stride, domain })),
  }));

/** Requests of these shapes: bursts and single ones, deadlines from impossible to generous, weights, cache hits. */
function requestsOf(shapes: readonly StepProfileShape[], maxRequests: number): fc.Arbitrary<GenerationRequest[]> {
  const profile = profileOf(...shapes);
  const request = fc.record({
    shape: fc.constantFrom(...shapes.map(({ id }) => id)),
    steps: fc.integer({ min: 1, max: 8 }),
    arrivalMs: fc.oneof(fc.constantFrom(0, 0, 50, 200), fc.integer({ min: 0, max: 500 })),
    slack: fc.oneof(fc.constantFrom(0, 0.5, 1, 1), fc.double({ min: 0, max: 4, noNaN: true })),
    skipped: fc.nat(3),
    weight: fc.constantFrom(1, 1, 2, 0.5),
  });
  return fc.array(request, { minLength: 1, maxLength: maxRequests }).map((drafts) =>
    drafts.map(({ shape, steps, arrivalMs, slack, skipped, weight }, index) => {
      const { encodeMs, minStepMs, decodeMs } = profile.shape(shape);
      return {
        id: `r${index}`,
        shape,
        steps,
        arrivalMs,
        deadlineMs: arrivalMs + slack * (encodeMs + steps * minStepMs + decodeMs),
        startStep: Math.min(skipped > 1 ? 0 : skipped, steps - 1),
        weight,
      };
    }),
  );
}

/** Small worlds of every kind. */
export function worlds({ maxRequests = 10, maxCv = 0.2 } = {}): fc.Arbitrary<World> {
  return fc
    .constantFrom(...degreeSets)
    .chain((degrees) => fc.tuple(...[64, 128, 256].map((side) => shapeOf(side, degrees, maxCv))))
    .chain((all) => fc.integer({ min: 1, max: 3 }).map((count) => all.slice(0, count)))
    .chain((shapes) =>
      fc.record({ shapes: fc.constant(shapes), cluster: clusters, requests: requestsOf(shapes, maxRequests) }),
    );
}

/** A disturbance that aims at a chunk of the undisturbed run, where something is going on. */
export interface Aim {
  readonly type: 'cancel' | 'intact' | 'lost';
  /** Which chunk, and which of its requests or GPUs; taken modulo what there is. */
  readonly chunk: number;
  readonly member: number;
  /** Where between its start (0) and its end (1). */
  readonly fraction: number;
  /** When a lost GPU comes back; `null` for never. */
  readonly backAfterMs: number | null;
}

/** Up to six cancellations and losses. */
export const aims: fc.Arbitrary<readonly Aim[]> = fc.array(
  fc.record({
    type: fc.constantFrom('cancel', 'intact', 'lost'),
    chunk: fc.nat(50),
    member: fc.nat(5),
    fraction: fc.oneof(fc.constantFrom(0, 0.5, 1), fc.double({ min: -0.2, max: 1.2, noNaN: true })),
    backAfterMs: fc.oneof(fc.constantFrom(null, 0, 1), fc.integer({ min: 0, max: 200 })),
  }),
  { maxLength: 6 },
);

/**
 * What is aimed at in a run.
 *
 * @param neverBackMs - when GPUs come back that otherwise never would; `null` to leave it at that
 */
export function disturbancesAt(log: RunLog, targets: readonly Aim[], neverBackMs: number | null): Disturbance[] {
  return targets.flatMap(({ type, chunk, member, fraction, backAfterMs }): Disturbance[] => {
    const hit = log[chunk % log.length];
    if (hit === undefined) return [];
    const atMs = hit.startMs + fraction * (hit.endMs - hit.startMs);
    if (type === 'cancel') return [{ type, atMs, requestId: hit.requestIds[member % hit.requestIds.length]! }];
    const gpu = hit.gpus[member % hit.gpus.length]!;
    const afterMs = backAfterMs ?? neverBackMs;
    const lost: Disturbance = { type: 'gpu-lost', atMs, gpu, state: type };
    return afterMs === null ? [lost] : [lost, { type: 'gpu-back', atMs: atMs + afterMs, gpu }];
  });
}

/**
 * Whether a policy gets round to a request at all, however long that takes: some degree of its shape lies within the
 * largest domain, and within the groups of a policy of fixed degree.
 *
 * @param gpus - the GPUs that work
 */
export function isServable(profile: Profile, gpus: Cluster['gpus'], policy: Policy, shape: string): boolean {
  const sizes = new Map<number, number>();
  for (const { domain } of gpus) sizes.set(domain, (sizes.get(domain) ?? 0) + 1);
  const largest = Math.max(0, ...sizes.values());
  const least = profile.shape(shape).degrees[0]!;
  const group = /^fixed-(\d+)$/.exec(policy.name)?.[1];
  return group === undefined ? least <= largest : least <= Number(group) && Number(group) <= largest;
}

/** So many cases, unless the run was asked for another number. */
export function cases(numRuns: number): fc.Parameters<unknown> {
  return process.env['FC_RUNS'] === undefined ? { numRuns } : {};
}
