import type { GenerationRequest } from '../model/index.js';
import type { ShapeTimes } from '../profile/index.js';
import type { Line } from './validate-lines.js';
import type { ReportRun } from './validate-violation.js';

/** How far a request got by the log. */
export interface Progress {
  readonly stepsDone: number;
  /** Decoding is done, or the profile has none. */
  readonly decoded: boolean;
  /** The end of its last chunk, in ms; `-Infinity` if it never ran. */
  readonly endMs: number;
}

/**
 * Follows one request through its chunks: encoding, every step once and in order, decoding. A chunk may go back only to a
 * step that was done before, only where it says so itself, and only once for each loss of a GPU. After a step out of order
 * the count goes on from where the chunk says, so that one fault is one violation.
 *
 * @param lines - its chunks in order of time
 * @param times - what its shape costs; `undefined` if that is unknown, then encoding and decoding are not asked for
 */
export function followRequest(
  request: GenerationRequest,
  lines: readonly Line[],
  times: ShapeTimes | undefined,
  report: ReportRun,
): Progress {
  const requestId = request.id;
  const startStep = request.startStep ?? 0;
  let stepsDone = startStep;
  let encoded = !times?.encodeMs;
  let decoded = !times?.decodeMs;
  let lost = false;
  let endMs = -Infinity;
  for (const { line, chunk } of lines) {
    const where = { line, requestId };
    endMs = Math.max(endMs, chunk.endMs);
    if (chunk.stage === 'encode') encoded ||= chunk.cut === undefined;
    else if (chunk.stage === 'decode') {
      if (stepsDone < request.steps) report('decode-too-early', where, `after ${stepsDone} of ${request.steps} steps`);
      // Decoding that takes no time need not be logged; one that failed is, and then has to be done again.
      decoded = chunk.cut === undefined;
    } else {
      if (!encoded) report('not-encoded', where, 'steps before encoding');
      encoded = true;
      const from = chunk.fromSteps?.[chunk.requestIds.indexOf(requestId)] ?? stepsDone;
      if (from !== stepsDone) {
        if (lost && from >= startStep && from < stepsDone) lost = false;
        else report('steps-out-of-order', where, `starts from step ${from}, ${stepsDone} are done`);
        decoded = !times?.decodeMs;
      }
      stepsDone = from + chunk.steps;
      if (stepsDone > request.steps) report('too-many-steps', where, `${stepsDone} of ${request.steps} steps`);
    }
    if (chunk.cut === 'gpu-lost') lost = true;
  }
  return { stepsDone, decoded, endMs };
}
