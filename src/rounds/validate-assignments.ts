import { finite, list, record, show, text } from '../model/check.js';
import type { GpuFacts, InputFacts, RequestFacts } from './validate-facts.js';
import { slackMs } from './validate-tolerance.js';
import { orMalformed, type ReportPlan } from './validate-violation.js';

/**
 * Checks the assignments of a plan against the input.
 *
 * @returns how many members the assignment of each assigned request has
 */
export function checkAssignments(input: InputFacts, value: unknown, report: ReportPlan): ReadonlyMap<string, number> {
  const members = new Map<string, number>();
  const usedGpus = new Set<number>();
  let previousGpu = -Infinity;
  orMalformed(report, () => {
    list(value, 'assignments').forEach((entry, index) => {
      const at = `assignments[${index}]`;
      orMalformed(report, () => {
        const fields = record(entry, at);
        const ids = list(fields['requestIds'], `${at}.requestIds`);
        const requests = checkRequests(input, ids, `${at}.requestIds`, members, report);
        const gpuIds = list(fields['gpus'], `${at}.gpus`);
        const gpus = checkGpus(input, gpuIds, `${at}.gpus`, usedGpus, report);
        const firstGpu = gpuIds[0];
        if (typeof firstGpu === 'number') {
          if (firstGpu < previousGpu) {
            report('assignments-order', at, `first GPU ${firstGpu} after first GPU ${previousGpu}`);
          }
          previousGpu = firstGpu;
        }
        const degree = finite(fields['degree'], `${at}.degree`);
        if (degree !== gpuIds.length) report('wrong-degree', `${at}.degree`, `${degree} on ${gpuIds.length} GPUs`);
        const steps = finite(fields['steps'], `${at}.steps`);
        const stepsMs = checkSteps(requests, ids.length, degree, steps, at, report);
        const startMs = finite(fields['startMs'], `${at}.startMs`);
        checkStart(input, requests, gpus, startMs, `${at}.startMs`, report);
        const durationMs = finite(fields['endMs'], `${at}.endMs`) - startMs;
        const dueMs = requests.reduce((sum, request) => sum + request.encodeMs, stepsMs);
        if (Math.abs(durationMs - dueMs) > slackMs(startMs, dueMs)) {
          report('wrong-duration', `${at}.endMs`, `lasts ${durationMs} ms where the profile says ${dueMs} ms`);
        }
      });
    });
  });
  return members;
}

function checkRequests(
  input: InputFacts,
  ids: readonly unknown[],
  path: string,
  members: Map<string, number>,
  report: ReportPlan,
): readonly RequestFacts[] {
  if (ids.length === 0) report('no-request', path, 'an assignment of no request');
  const requests: RequestFacts[] = [];
  ids.forEach((entry, index) => {
    const here = `${path}[${index}]`;
    const id = text(entry, here);
    const request = input.requests.get(id);
    if (request === undefined) {
      report('unknown-request', here, `the input has no request ${show(id)}`);
      return;
    }
    if (members.has(id)) report('duplicate-request', here, `${show(id)} is assigned twice`);
    if (request.state.running)
      report('mid-chunk-request', here, `${show(id)} runs until ${request.state.running.endMs}`);
    if (ids.length > 1 && request.state.batchable === false)
      report('batched-alone', here, `${show(id)} has to run alone`);
    members.set(id, ids.length);
    requests.push(request);
  });
  return requests;
}

function checkGpus(
  input: InputFacts,
  ids: readonly unknown[],
  path: string,
  used: Set<number>,
  report: ReportPlan,
): readonly GpuFacts[] {
  const gpus: GpuFacts[] = [];
  ids.forEach((entry, index) => {
    const here = `${path}[${index}]`;
    const id = finite(entry, here);
    const gpu = input.gpus.get(id);
    if (gpu === undefined) {
      report('unknown-gpu', here, `the input has no GPU ${id}`);
      return;
    }
    if (used.has(id)) report('duplicate-gpu', here, `GPU ${id} is assigned twice`);
    used.add(id);
    gpus.push(gpu);
  });
  if (gpus.some((gpu) => gpu.domain !== gpus[0]?.domain)) {
    report('split-domain', path, 'the GPUs of the group lie in several domains');
  }
  return gpus;
}

/** @returns what the steps take, in ms; NaN, which breaks no rule, if another rule was broken that leaves it open */
function checkSteps(
  requests: readonly RequestFacts[],
  size: number,
  degree: number,
  steps: number,
  at: string,
  report: ReportPlan,
): number {
  const whole = Number.isSafeInteger(steps) && steps >= 1;
  if (!whole) report('wrong-steps', `${at}.steps`, `${steps} is no whole number of at least 1`);
  const least = requests.reduce((min, request) => Math.min(min, request.remainingSteps), Infinity);
  if (steps > least) report('too-many-steps', `${at}.steps`, `${steps} of ${least} that are left`);
  const times = requests[0]?.times;
  if (times === undefined || requests.length < size) return NaN;
  if (requests.some((request) => request.times.id !== times.id)) {
    report('mixed-shapes', `${at}.requestIds`, 'the members differ in shape');
    return NaN;
  }
  const column = times.degrees.indexOf(degree);
  if (column < 0) {
    report('unknown-degree', `${at}.degree`, `${times.id} cannot run at degree ${degree}`);
    return NaN;
  }
  const stepMs = (size === 1 ? times : times.batches.find((batch) => batch.size === size))?.stepMs[column];
  if (stepMs === undefined) {
    report('unmeasured-batch', `${at}.requestIds`, `no step time of ${size} x ${times.id} at degree ${degree}`);
    return NaN;
  }
  return whole ? steps * stepMs : NaN;
}

function checkStart(
  input: InputFacts,
  requests: readonly RequestFacts[],
  gpus: readonly GpuFacts[],
  startMs: number,
  path: string,
  report: ReportPlan,
): void {
  const latest = startMs + slackMs(startMs);
  if (latest < input.nowMs) report('before-now', path, `${startMs} is before now, ${input.nowMs}`);
  const arrivalMs = requests.reduce((last, request) => Math.max(last, request.state.arrivalMs), -Infinity);
  if (latest < arrivalMs) report('before-arrival', path, `${startMs} is before the arrival at ${arrivalMs}`);
  const freeMs = gpus.reduce((last, gpu) => Math.max(last, gpu.freeMs), -Infinity);
  if (latest < freeMs) report('gpu-busy', path, `${startMs} is before its GPUs are free at ${freeMs}`);
}
