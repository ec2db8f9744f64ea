import type { Profile } from './profile.js';
import { createShapeTimes, type ShapeTimes } from './shape-times.js';

/** What observation says of the step time of a shape at a degree. Plain data. */
export interface StepCorrection {
  /** Shape id. */
  readonly shape: string;
  /** GPUs that the steps ran on. */
  readonly degree: number;
  /** Observed over profiled step time, smoothed; between 1/8 and 8. */
  readonly factor: number;
  /** The factor that planners reckon with: it follows `factor` in coarse steps, so that noise does not move plans. */
  readonly applied: number;
  /** Chunks observed. */
  readonly samples: number;
  /** When the last of them ended, in ms. */
  readonly observedMs: number;
}

/** Weight of a new observation once there are a few; the first ones count more, so that a wrong profile is noticed soon. */
const smoothing = 0.2;
/** A single observation counts as no further off than that, and so does the whole: clocks and stalls lie. */
const limit = 8;
/** Deviations that are left alone: profiles are within a percent, and planning times that tremble cost more than they tell. */
const deadband = 0.02;

/**
 * Takes in one observation of a shape at a degree.
 *
 * @param before - what was known; `undefined` at first
 * @param ratio - observed over profiled time of a chunk's steps, above 0
 * @param atMs - when the chunk ended
 */
export function observeSteps(
  before: StepCorrection | undefined,
  shape: string,
  degree: number,
  ratio: number,
  atMs: number,
): StepCorrection {
  const samples = (before?.samples ?? 0) + 1;
  const observed = clamp(ratio);
  const weight = Math.max(smoothing, 1 / samples);
  const factor = before === undefined ? observed : before.factor + weight * (observed - before.factor);
  const applied = before?.applied ?? 1;
  const isStale = Math.abs(factor / applied - 1) > deadband;
  return { shape, degree, factor, applied: isStale ? factor : applied, samples, observedMs: atMs };
}

function clamp(ratio: number): number {
  return Math.min(limit, Math.max(1 / limit, ratio));
}

/**
 * The profile as observation corrects it. Shapes and degrees that were not observed keep their times: a slow degree of one shape
 * says little about the others.
 *
 * Looking a shape up costs O(degrees) as long as the factors that are applied stay the same.
 *
 * @param correctionsOf - what is known of a shape at the moment, by degree; `undefined` if nothing is
 */
export function correctedProfile(
  profile: Profile,
  correctionsOf: (shape: string) => ReadonlyMap<number, StepCorrection> | undefined,
): Profile {
  const corrected = new Map<string, { readonly key: string; readonly times: ShapeTimes }>();
  return {
    ...profile,
    shape(id, path) {
      const times = profile.shape(id, path);
      const corrections = correctionsOf(times.id);
      if (corrections === undefined || !isApplied(corrections)) return times;
      const factors = times.degrees.map((degree) => corrections.get(degree)?.applied ?? 1);
      const key = factors.join();
      const known = corrected.get(times.id);
      if (known?.key === key) return known.times;
      const scaled = scale(times, factors);
      // Shapes of clients' choosing must not pile up.
      if (corrected.size >= 1024) corrected.clear();
      corrected.set(times.id, { key, times: scaled });
      return scaled;
    },
  };
}

function isApplied(corrections: ReadonlyMap<number, StepCorrection>): boolean {
  for (const { applied } of corrections.values()) if (applied !== 1) return true;
  return false;
}

function scale(times: ShapeTimes, factors: readonly number[]): ShapeTimes {
  const by = (ms: number, index: number): number => ms * (factors[index] as number);
  return createShapeTimes({
    ...times,
    stepMs: times.stepMs.map(by),
    batches: times.batches.map(({ size, stepMs }) => ({
      size,
      stepMs: stepMs.map((ms, index) => (ms === undefined ? undefined : by(ms, index))),
    })),
  });
}
