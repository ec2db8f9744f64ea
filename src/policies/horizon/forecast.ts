import { toleranceMs } from './curve.js';
import type { Job } from './jobs.js';
import type { BusyGpu, Pool } from './pool.js';

/** The future of some requests, rolled forward from now on. */
export interface Forecast {
  /** Which jobs take part; callers clear the flags of those that are given up. */
  readonly kept: Uint8Array;
  /** Index into its curve's degrees of what each job runs at in the first moment; -1 if it does not. */
  readonly degreeNow: Int32Array;
  /** The domain in which each job runs then, as `Gpu.domain` has it; of no meaning where it does not. */
  readonly domainNow: Int32Array;
  /** Like `degreeNow`, of what it needs in its first moment to meet its deadline; -1 if it is not ready. */
  readonly needNow: Int32Array;
  /** From when on it has all that it needs, in ms from now; `Infinity` if it never has. */
  readonly servedMs: Float64Array;
  /**
   * Rolls the future forward until all kept jobs are done, or late.
   *
   * @param giveUp - what to do about a job that is late: gives one up, and the future goes on as if that one had not been there from then
   * on
   * @returns the index of the job of earliest deadline that is late, or -1 if all meet their deadlines together
   */
  roll(giveUp?: (late: number, isDone: Uint8Array) => void): number;
}

/** Moments after which a future is no longer rolled forward: far more than any has, unless times degenerate. */
const mostMoments = 100_000;

/**
 * Prepares a forecast. In it steps are divisible and GPUs change hands at any moment; what is in execution now keeps its GPUs
 * until it ends. At each moment, earliest deadline first, a job gets the narrowest degree that meets its deadline from then on, or
 * whatever narrower one is left, within one domain: the one with least to spare. GPUs that are still idle widen the groups that gain
 * most for each of them.
 *
 * @param jobs - earliest deadline first
 * @param pool - the GPUs
 * @param options - `marginSteps`: part of a step that a deadline is kept clear of where a wider degree would still do; `scaleUp`: whether
 * idle GPUs widen groups
 *
 * Complexity of `roll`: O(moments x jobs that are not done x domains); a moment is the end of a job, or of a chunk in execution. It
 * allocates nothing.
 */
export function createForecast(
  jobs: readonly Job[],
  { names, sizes, busy, homeOf }: Pool,
  { marginSteps, scaleUp = true }: { readonly marginSteps: number; readonly scaleUp?: boolean },
): Forecast {
  const count = jobs.length;
  const kept = new Uint8Array(count).fill(1);
  const degreeNow = new Int32Array(count);
  const needNow = new Int32Array(count);
  const servedMs = new Float64Array(count);
  const steps = new Float64Array(count);
  const encodeMs = new Float64Array(count);
  const isDone = new Uint8Array(count);
  const degree = new Int32Array(count);
  const domainNow = new Int32Array(count);
  /** Where each job runs at the moment. */
  const place = new Int32Array(count);
  /** The domain that each has its latent in. */
  const home = Int32Array.from(jobs, ({ request }) => homeOf(request));
  /** GPUs by domain that nothing in execution holds at the moment, and those of them that are not given to anybody. */
  const unbound = new Int32Array(sizes.length);
  const idle = new Int32Array(sizes.length);
  /** All of `idle`. */
  let spare = 0;
  /** Jobs that are neither done nor given up, earliest deadline first. */
  const open = new Int32Array(count);

  const start = (): number => {
    let size = 0;
    for (let i = 0; i < count; i++) {
      const job = jobs[i] as Job;
      steps[i] = job.steps;
      encodeMs[i] = job.encodeMs;
      isDone[i] = 0;
      degreeNow[i] = -1;
      needNow[i] = -1;
      servedMs[i] = Infinity;
      if (kept[i] === 1) open[size++] = i;
    }
    return size;
  };

  /** Index of the narrowest degree that meets the deadline from a time on; -1 if none does. */
  const needOf = (i: number, atMs: number): number => {
    const { byMs, curve } = jobs[i] as Job;
    const { stepMs, last } = curve;
    const budgetMs = byMs - atMs - (encodeMs[i] as number) + toleranceMs;
    const rest = steps[i] as number;
    for (let k = 0; k < last; k++) if ((rest + marginSteps) * (stepMs[k] as number) <= budgetMs) return k;
    return rest * (stepMs[last] as number) <= budgetMs ? last : -1;
  };

  /** Takes back whatever was given to anybody. */
  const takeBack = (): void => {
    idle.set(unbound);
    spare = 0;
    for (const count of idle) spare += count;
  };

  /** The domain with least to spare that has so many idle GPUs; of equal ones that of its latent, or else the first. -1 if there is none. */
  const domainFor = (i: number, width: number): number => {
    if (width > spare) return -1;
    let best = -1;
    for (let d = 0; d < idle.length; d++) {
      const count = idle[d] as number;
      if (count < width || (best >= 0 && count > (idle[best] as number))) continue;
      if (best < 0 || count < (idle[best] as number) || d === home[i]) best = d;
    }
    return best;
  };

  /** Gives idle GPUs to whoever gains most for each of them. */
  const widen = (size: number): void => {
    while (spare > 0) {
      let best = -1;
      let bestDegree = 0;
      let bestGain = 0;
      for (let at = 0; at < size; at++) {
        const i = open[at] as number;
        const k = degree[i] as number;
        if (k < 0) continue;
        const { degrees, stepMs, last } = (jobs[i] as Job).curve;
        for (let wider = k + 1; wider <= last; wider++) {
          const added = (degrees[wider] as number) - (degrees[k] as number);
          if (added > (idle[place[i] as number] as number)) break;
          const gain = ((steps[i] as number) * ((stepMs[k] as number) - (stepMs[wider] as number))) / added;
          if (gain <= bestGain) continue;
          best = i;
          bestDegree = wider;
          bestGain = gain;
        }
      }
      if (best < 0) return;
      const { degrees } = (jobs[best] as Job).curve;
      const added = (degrees[bestDegree] as number) - (degrees[degree[best] as number] as number);
      const d = place[best] as number;
      idle[d] = (idle[d] as number) - added;
      spare -= added;
      degree[best] = bestDegree;
    }
  };

  return {
    kept,
    degreeNow,
    domainNow,
    needNow,
    servedMs,
    roll(giveUp) {
      let size = start();
      let late = -1;
      let atMs = 0;
      let freed = 0;
      unbound.set(sizes);
      for (const { domain: d } of busy) unbound[d] = (unbound[d] as number) - 1;
      for (let moment = 0; size > 0 && moment < mostMoments; moment++) {
        for (; freed < busy.length && (busy[freed] as BusyGpu).forMs <= atMs + toleranceMs; freed++) {
          const { domain: d } = busy[freed] as BusyGpu;
          unbound[d] = (unbound[d] as number) + 1;
        }
        takeBack();
        let forMs = freed < busy.length ? (busy[freed] as BusyGpu).forMs - atMs : Infinity;
        for (let at = 0; at < size; at++) {
          const i = open[at] as number;
          const { curve, readyMs } = jobs[i] as Job;
          degree[i] = -1;
          if (readyMs > atMs + toleranceMs) {
            if (readyMs - atMs < forMs) forMs = readyMs - atMs;
            continue;
          }
          const need = needOf(i, atMs);
          if (need < 0) {
            if (giveUp === undefined) {
              // Those due earlier may be late too, and do not depend on those due later.
              late = i;
              size = at;
              break;
            }
            giveUp(i, isDone);
            // One less: this moment is gone through again.
            let left = 0;
            for (let other = 0; other < size; other++) {
              if (kept[open[other] as number] === 1) open[left++] = open[other] as number;
            }
            size = left;
            at = -1;
            takeBack();
            continue;
          }
          if (moment === 0) needNow[i] = need;
          let k = need;
          let d = -1;
          for (; k >= 0; k--) {
            d = domainFor(i, curve.degrees[k] as number);
            if (d >= 0) break;
          }
          if (k < 0) {
            // Nothing but its deadline changes for it, and it is late only if it still waits then.
            const latestMs = lastChanceMs(i) - atMs + 2 * toleranceMs;
            if (latestMs < forMs) forMs = latestMs;
            continue;
          }
          degree[i] = k;
          place[i] = d;
          idle[d] = (idle[d] as number) - (curve.degrees[k] as number);
          spare -= curve.degrees[k] as number;
          if (moment === 0) domainNow[i] = names[d] as number;
          if (k === need && atMs < (servedMs[i] as number)) servedMs[i] = atMs;
        }
        if (scaleUp) widen(size);
        if (moment === 0)
          for (let at = 0; at < size; at++) degreeNow[open[at] as number] = degree[open[at] as number] as number;
        for (let at = 0; at < size; at++) {
          const i = open[at] as number;
          const k = degree[i] as number;
          if (k < 0) continue;
          const endMs = (encodeMs[i] as number) + (steps[i] as number) * ((jobs[i] as Job).curve.stepMs[k] as number);
          if (endMs < forMs) forMs = endMs;
        }
        atMs += forMs;
        size = advance(size, forMs);
      }
      return late;
    },
  };

  /** The last moment at which a job that waits can still make it. */
  function lastChanceMs(i: number): number {
    const { byMs, curve } = jobs[i] as Job;
    return byMs - (encodeMs[i] as number) - (steps[i] as number) * curve.minStepMs;
  }

  /** Lets time pass; returns how many are still open. */
  function advance(size: number, forMs: number): number {
    let left = 0;
    for (let at = 0; at < size; at++) {
      const i = open[at] as number;
      const k = degree[i] as number;
      if (k >= 0) {
        const encoding = encodeMs[i] as number;
        const encoded = encoding < forMs ? encoding : forMs;
        encodeMs[i] = encoding - encoded;
        steps[i] = (steps[i] as number) - (forMs - encoded) / ((jobs[i] as Job).curve.stepMs[k] as number);
        if (steps[i] <= 1e-9 && encodeMs[i] <= toleranceMs) {
          isDone[i] = 1;
          continue;
        }
      }
      open[left++] = i;
    }
    return left;
  }
}
