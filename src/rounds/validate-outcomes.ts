import { list, record, show, text } from '../model/check.js';
import { compareRequests, type PlanOutcome } from '../model/index.js';
import type { InputFacts, RequestFacts } from './validate-facts.js';
import { slackMs } from './validate-tolerance.js';
import { orMalformed, type ReportPlan } from './validate-violation.js';

type Status = PlanOutcome['status'];

// Typed so that a reason that is added to the model does not compile until it stands here.
const reasons: { readonly [S in Status]: Readonly<Record<Extract<PlanOutcome, { status: S }>['reason'], true>> } = {
  running: {
    'mid-chunk': true,
    'least-gpu-time': true,
    'scaled-up': true,
    'idle-gpus': true,
    batched: true,
    'fixed-degree': true,
    'smallest-feasible-degree': true,
  },
  deferred: { 'not-arrived': true, 'can-wait': true, 'no-capacity': true, 'no-placement': true, 'gpus-held': true },
  'best-effort': { 'late-running': true, 'late-waiting': true },
  infeasible: { 'no-fitting-degree': true, 'no-gpus': true },
};

/**
 * Checks the outcomes of a plan against the input and the assignments.
 *
 * @param members - what `checkAssignments()` returned
 * @param nextMs - the next time at which a request that waits can be planned
 */
export function checkOutcomes(
  input: InputFacts,
  members: ReadonlyMap<string, number>,
  nextMs: number,
  value: unknown,
  report: ReportPlan,
): void {
  const seen = new Set<string>();
  let previous: RequestFacts | undefined;
  orMalformed(report, () => {
    list(value, 'outcomes').forEach((entry, index) => {
      const at = `outcomes[${index}]`;
      orMalformed(report, () => {
        const fields = record(entry, at);
        const id = text(fields['requestId'], `${at}.requestId`);
        const request = input.requests.get(id);
        if (request === undefined) {
          report('unknown-request', `${at}.requestId`, `the input has no request ${show(id)}`);
          return;
        }
        if (seen.has(id)) {
          report('duplicate-outcome', at, `${show(id)} has an outcome already`);
          return;
        }
        seen.add(id);
        if (previous !== undefined && compareRequests(previous.state, request.state) > 0) {
          report('outcomes-order', at, `${show(id)} belongs before ${show(previous.state.id)}`);
        }
        previous = request;
        const status = text(fields['status'], `${at}.status`);
        const reason = text(fields['reason'], `${at}.reason`);
        if (!Object.hasOwn(reasons, status) || !Object.hasOwn(reasons[status as Status], reason)) {
          report('unknown-reason', at, `${show(status)} with reason ${show(reason)}`);
          return;
        }
        checkOutcome(input, request, members.get(id), { status, reason } as PlanOutcome, nextMs, (code, why) => {
          report(code, at, `${show(id)} is ${status}, ${reason}: ${why}`);
        });
      });
    });
    for (const id of input.requests.keys()) {
      if (!seen.has(id)) report('missing-outcome', 'outcomes', `${show(id)} has no outcome`);
    }
  });
}

function checkOutcome(
  input: InputFacts,
  request: RequestFacts,
  batch: number | undefined,
  { status, reason }: PlanOutcome,
  nextMs: number,
  tell: (code: Parameters<ReportPlan>[0], why: string) => void,
): void {
  const { state, readyMs, workMs, fits } = request;
  const midChunk = state.running !== undefined;
  if (status === 'running' || reason === 'late-running') {
    if (batch === undefined && !midChunk) tell('not-running', 'neither assigned nor mid-chunk');
    else if (status === 'running' && (reason === 'mid-chunk') !== midChunk) {
      tell('wrong-reason', midChunk ? 'it is mid-chunk' : 'it is not mid-chunk');
    } else if (reason === 'batched' && batch === 1) tell('wrong-reason', 'it has its GPUs alone');
  } else if (batch !== undefined || midChunk) tell('not-waiting', midChunk ? 'it is mid-chunk' : 'it is assigned');
  else if (status === 'deferred' && reason === 'not-arrived' && !(state.arrivalMs > input.nowMs)) {
    tell('wrong-reason', `it arrived at ${state.arrivalMs}`);
  } else if (
    status === 'deferred' &&
    reason !== 'not-arrived' &&
    state.arrivalMs > input.nowMs + slackMs(input.nowMs)
  ) {
    tell('wrong-reason', `it arrives at ${state.arrivalMs} only`);
  }

  const slack = slackMs(state.deadlineMs, workMs);
  const fromMs = reason === 'can-wait' ? Math.max(nextMs, readyMs) : readyMs;
  if (status === 'best-effort') {
    if (readyMs + workMs <= state.deadlineMs - slack) tell('not-late', `it can be done by ${readyMs + workMs}`);
  } else if (reason === 'can-wait' || (status === 'running' && !midChunk)) {
    if (fits && fromMs + workMs > state.deadlineMs + slack) tell('late', `not before ${fromMs + workMs}`);
  } else if (status === 'infeasible') {
    if (fits) tell('not-infeasible', 'some degree fits into a domain');
    else if (reason === 'no-gpus' && input.gpus.size > 0) tell('wrong-reason', `there are ${input.gpus.size} GPUs`);
  }
}
