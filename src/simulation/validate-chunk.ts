import type { GenerationRequest } from '../model/index.js';
import type { ShapeTimes } from '../profile/index.js';
import { slackMs } from '../rounds/validate-tolerance.js';
import type { Line } from './validate-lines.js';
import type { ReportRun } from './validate-violation.js';

/** What a chunk is checked against. */
export interface ChunkContext {
  readonly requests: ReadonlyMap<string, GenerationRequest>;
  /** What a shape costs; `undefined` if the profile does not cover it. */
  readonly timesOf: (shape: string) => ShapeTimes | undefined;
  /** The domain of each GPU; `undefined` if any GPU will do. */
  readonly domains: ReadonlyMap<number, number> | undefined;
  /** The coefficient of variation of the simulated step time of a shape. */
  readonly cvOf: (times: ShapeTimes) => number;
}

/** The rules that a chunk can break by itself. */
export function checkChunk({ line, chunk }: Line, context: ChunkContext, report: ReportRun): void {
  const { requestIds, gpus, degree, steps, startMs, endMs, stage = 'denoise', cut } = chunk;
  const where = { line };
  checkGpus(gpus, context.domains, where, report);
  if (degree !== gpus.length) report('wrong-degree', where, `degree ${degree} on ${gpus.length} GPUs`);
  if (endMs < startMs) report('ends-before-start', where, `from ${startMs} to ${endMs}`);
  if (stage === 'denoise' ? steps === 0 && cut === undefined : steps > 0) {
    report('wrong-steps', where, `${stage} of ${steps} steps`);
  }

  const members: GenerationRequest[] = [];
  const seen = new Set<string>();
  for (const requestId of requestIds) {
    const request = context.requests.get(requestId);
    if (request === undefined) report('unknown-request', { line, requestId }, 'not in the trace');
    else {
      members.push(request);
      if (startMs < request.arrivalMs - slackMs(startMs)) {
        report('before-arrival', { line, requestId }, `starts at ${startMs}, arrives at ${request.arrivalMs}`);
      }
    }
    if (seen.has(requestId)) report('duplicate-request', { line, requestId }, 'stands twice');
    seen.add(requestId);
  }

  const times = members[0] && context.timesOf(members[0].shape);
  if (times === undefined || members.length < requestIds.length) return;
  if (members.some((member) => context.timesOf(member.shape)?.id !== times.id)) {
    report('mixed-shapes', where, 'the members differ in shape');
    return;
  }
  let leastMs: number | undefined;
  if (stage === 'denoise') leastMs = leastStepsMs(times, chunk, context.cvOf(times), where, report);
  else leastMs = cut === undefined ? members.length * (stage === 'encode' ? times.encodeMs : times.decodeMs) : 0;
  // A chunk that ends before it starts was reported already.
  if (leastMs !== undefined && endMs >= startMs && endMs - startMs < leastMs - slackMs(startMs, leastMs)) {
    report('too-fast', where, `${stage} lasts ${endMs - startMs} ms, at least ${leastMs} ms by the profile`);
  }
}

function checkGpus(
  gpus: readonly number[],
  domains: ReadonlyMap<number, number> | undefined,
  where: { readonly line: number },
  report: ReportRun,
): void {
  if (new Set(gpus).size < gpus.length) report('duplicate-gpu', where, `a GPU stands twice in ${gpus.join(', ')}`);
  if (domains === undefined) return;
  const unknown = gpus.filter((gpu) => !domains.has(gpu));
  if (unknown.length > 0) report('unknown-gpu', where, `the cluster has no GPU ${unknown.join(', ')}`);
  if (new Set(gpus.map((gpu) => domains.get(gpu)).filter((domain) => domain !== undefined)).size > 1) {
    report('split-domain', where, `GPUs ${gpus.join(', ')} lie in several domains`);
  }
}

/** @returns how long the steps take at least, in ms; `undefined` if another broken rule leaves it open */
function leastStepsMs(
  times: ShapeTimes,
  { degree, requestIds, steps }: Line['chunk'],
  cv: number,
  where: { readonly line: number },
  report: ReportRun,
): number | undefined {
  const column = times.degrees.indexOf(degree);
  if (column < 0) {
    report('unknown-degree', where, `${times.id} cannot run at degree ${degree}`);
    return undefined;
  }
  const size = requestIds.length;
  const stepMs = (size === 1 ? times : times.batches.find((batch) => batch.size === size))?.stepMs[column];
  if (stepMs === undefined) {
    report('unmeasured-batch', where, `no step time of ${size} x ${times.id} at degree ${degree}`);
    return undefined;
  }
  // The deviates of independent steps add up to one of sqrt(steps) times their size; simulated ones stop at 4.
  return stepMs * Math.max(0, steps - 4 * cv * Math.sqrt(steps));
}
