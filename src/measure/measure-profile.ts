import type { Backend } from '../backends/index.js';
import type { Clock } from '../clock/index.js';
import type { Cluster } from '../model/index.js';
import { parseProfile, type ProfileSource, type StepProfile, type StepProfileShape } from '../profile/index.js';
import { measureShape } from './measure-shape.js';
import { parseMeasurePlan, type CompleteMeasurePlan, type MeasurePlan } from './plan.js';
import { minSamples, splitSteps } from './samples.js';
import { createTimedCalls } from './timed-calls.js';
import { createWork } from './work.js';

/**
 * What a measurement takes from its surroundings.
 *
 * @experimental
 */
export interface MeasureTools<Payload> {
  /** The time, for what backends do not time themselves: encoding, decoding, and chunks without a `durationMs`. */
  readonly clock: Pick<Clock, 'nowMs'>;
  /** What the request of that number, from 0, asks for. */
  readonly payload: (index: number) => Payload;
  /** Ends the measurement at the next step boundary; it rejects with `aborted` then. Default: it runs to its end. */
  readonly signal?: AbortSignal;
  /** Told the share that is done, from 0 to 1, after each chunk: steps weighed by their latent tokens. */
  readonly onProgress?: (share: number) => void;
  /** Told what is left out of the profile, and why, in a line for people. */
  readonly onRemark?: (line: string) => void;
}

/**
 * Measures a step-time profile on a backend, one chunk at a time on GPUs that do nothing else. A degree or batch that the backend
 * refuses as `unsupported` is left out.
 *
 * - A step: the median over chunks of what the backend says that they took, or else of the time between call and answer, by steps.
 * - Its coefficient of variation: that of a single step, from how the chunks of one request vary, pooled over degrees.
 * - Encoding and decoding: the median of the time between call and answer.
 *
 * The backend is open and idle; whoever opened it closes it. Every request that was made is released, also if it fails.
 *
 * @param cluster - what the backend told when it was opened
 * @returns a profile that `parseProfile()` reads; the same plan on the same times gives the same profile
 * @throws `TetriError` as `parseMeasurePlan()`, and `unsupported` for a shape that runs at none of the degrees; `BackendError` if
 * a call fails in another way or was stopped
 *
 * @experimental
 */
export async function measureProfile<Payload>(
  backend: Backend<Payload>,
  cluster: Cluster,
  plan: MeasurePlan,
  tools: MeasureTools<Payload>,
): Promise<StepProfile> {
  const complete = parseMeasurePlan(plan);
  const { clock, payload, signal = new AbortController().signal } = tools;
  const { onProgress = () => undefined, onRemark = () => undefined } = tools;
  const context = {
    calls: createTimedCalls({ backend, clock, payload, signal }),
    ...{ cluster, plan: complete, work: createWork(complete, onProgress), onRemark },
  };
  const shapes: StepProfileShape[] = [];
  for (const [index, shape] of complete.shapes.entries()) {
    shapes.push(await measureShape(context, shape, `shapes[${index}]`));
  }
  const { model, accelerator, degrees } = complete;
  const profile: StepProfile = {
    ...{ schemaVersion: 1, model, accelerator, source: sourceOf(complete) },
    degrees: degrees.filter((degree) => shapes.some(({ stepMs }) => Object.hasOwn(stepMs, degree))),
    shapes,
  };
  // Whatever a backend says of its times: nothing leaves here that nobody can read.
  parseProfile(profile);
  return profile;
}

function sourceOf({ source, steps, warmupSteps }: CompleteMeasurePlan): ProfileSource {
  const chunks = splitSteps(steps, minSamples).length;
  const method = `Medians over ${chunks} chunks, ${steps} steps in all, after ${warmupSteps} steps to warm up.`;
  return { kind: 'measured', ...source, note: source.note === undefined ? method : `${method} ${source.note}` };
}
