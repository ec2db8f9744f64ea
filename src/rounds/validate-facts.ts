import type { ShapeTimes } from '../profile/index.js';
import type { RequestState, RoundInput } from './round-input.js';

/** What the input says about one request, defaults filled in. */
export interface RequestFacts {
  readonly state: RequestState;
  readonly times: ShapeTimes;
  /** Steps that are left; a running chunk's steps still count. */
  readonly remainingSteps: number;
  /** Encoding that is due before the next step, in ms. */
  readonly encodeMs: number;
  /** Whether some degree of the shape fits into a domain. */
  readonly fits: boolean;
  /** Before this time nothing more can be done for it: `nowMs`, or its arrival, or the end of its running chunk. */
  readonly readyMs: number;
  /** What is left to do from `readyMs` on, at the fastest degree that fits, decoding included; `Infinity` if none fits. */
  readonly workMs: number;
}

/** What the input says about one GPU, defaults filled in. */
export interface GpuFacts {
  readonly domain: number;
  readonly freeMs: number;
}

/** The input as the rules need it. Made here and not by the planners' own reader, so that they cannot err alike. */
export interface InputFacts {
  readonly nowMs: number;
  readonly requests: ReadonlyMap<string, RequestFacts>;
  readonly gpus: ReadonlyMap<number, GpuFacts>;
}

/**
 * Reads the input.
 *
 * @throws `TetriError` `invalid-shape`, `unknown-shape` if the profile does not cover the shape of a request
 */
export function readFacts(input: RoundInput): InputFacts {
  const chunkEnds = new Map<number, number>();
  for (const { running } of input.requests) {
    if (running === undefined) continue;
    for (const gpu of running.gpus) chunkEnds.set(gpu, Math.max(running.endMs, chunkEnds.get(gpu) ?? -Infinity));
  }
  const gpus = new Map<number, GpuFacts>();
  const domainSizes = new Map<number, number>();
  for (const { id, domain = 0, busyUntilMs } of input.gpus) {
    gpus.set(id, { domain, freeMs: busyUntilMs ?? chunkEnds.get(id) ?? -Infinity });
    domainSizes.set(domain, (domainSizes.get(domain) ?? 0) + 1);
  }
  let largestDomain = 0;
  for (const size of domainSizes.values()) largestDomain = Math.max(largestDomain, size);

  const fastest = new Map<string, { times: ShapeTimes; stepMs: number }>();
  const requests = new Map<string, RequestFacts>();
  input.requests.forEach((state, index) => {
    let shape = fastest.get(state.shape);
    if (shape === undefined) {
      const times = input.profile.shape(state.shape, `requests[${index}].shape`);
      let stepMs = Infinity;
      times.degrees.forEach((degree, at) => {
        if (degree <= largestDomain) stepMs = Math.min(stepMs, times.stepMs[at] ?? Infinity);
      });
      fastest.set(state.shape, (shape = { times, stepMs }));
    }
    const startStep = state.startStep ?? 0;
    const stepsDone = state.stepsDone ?? startStep;
    const remainingSteps = state.steps - stepsDone;
    const encodeMs = (state.encoded ?? stepsDone > startStep) ? 0 : shape.times.encodeMs;
    const stepsAfter = remainingSteps - (state.running?.steps ?? 0);
    requests.set(state.id, {
      state,
      times: shape.times,
      remainingSteps,
      encodeMs,
      fits: shape.stepMs < Infinity,
      readyMs: state.running?.endMs ?? Math.max(input.nowMs, state.arrivalMs),
      // No steps at no fitting degree cost nothing, where the product would be NaN.
      workMs: (state.running ? 0 : encodeMs) + (stepsAfter > 0 ? stepsAfter * shape.stepMs : 0) + shape.times.decodeMs,
    });
  });
  return { nowMs: input.nowMs, requests, gpus };
}
