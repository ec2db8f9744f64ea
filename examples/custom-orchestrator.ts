/**
 * An orchestrator of your own that uses nothing but `planRound()`: it keeps the progress of its requests, asks for a plan at every
 * round boundary, and executes it. That is the simplest loop there is, and `tetriserve()` is made for it; policies that plan at every event, as
 * the default does, also want to know who is in mid-chunk. Here "executing" is a pretended clock; yours would send the chunks to its workers.
 */
import {
  builtinProfile,
  createCluster,
  nextBoundaryMs,
  planRound,
  tetriserve,
  TetriError,
  type RequestState,
} from '@tetri/scheduler';

const profile = builtinProfile('flux.1-dev_h100');
const { gpus } = createCluster(8);

// What clients ask for, by arrival. One of them asks for something that the profile does not cover.
const arrivals: RequestState[] = [
  { id: 'poster', shape: '2048x2048', steps: 10, arrivalMs: 0, deadlineMs: 4000 },
  { id: 'photo', shape: '1024x1024', steps: 20, arrivalMs: 0, deadlineMs: 3000 },
  { id: 'icon-1', shape: '256x256', steps: 20, arrivalMs: 150, deadlineMs: 1500 },
  { id: 'mural', shape: '8192x8192', steps: 20, arrivalMs: 300, deadlineMs: 60_000 },
  { id: 'icon-2', shape: '256x256', steps: 20, arrivalMs: 700, deadlineMs: 2000 },
  { id: 'hopeless', shape: '2048x2048', steps: 14, arrivalMs: 800, deadlineMs: 2200 },
];

const active = new Map<string, RequestState>();
let nowMs = 0;
let met = 0;

/** A request is checked when it arrives, so that a bad one is refused alone instead of spoiling a round for all. */
function accept(request: RequestState): void {
  try {
    planRound({ nowMs: request.arrivalMs, requests: [request], gpus, profile });
    active.set(request.id, request);
  } catch (error) {
    if (!TetriError.isInstance(error)) throw error;
    console.log(`${request.arrivalMs} ms: ${request.id} is refused (${error.code}): ${error.message}`);
  }
}

while (arrivals.length > 0 || active.size > 0) {
  if (active.size === 0) nowMs = Math.max(nowMs, arrivals[0]?.arrivalMs ?? nowMs);
  while (arrivals[0] !== undefined && arrivals[0].arrivalMs <= nowMs) accept(arrivals.shift()!);
  if (active.size === 0) continue;

  const plan = planRound({ nowMs, requests: [...active.values()], gpus, profile }, tetriserve());
  for (const { requestIds, gpus: group, degree, steps, endMs } of plan.assignments) {
    for (const id of requestIds) {
      const request = active.get(id)!;
      const stepsDone = (request.stepsDone ?? 0) + steps;
      console.log(`${nowMs.toFixed(0)} ms: ${id} runs ${steps} steps at degree ${degree} on GPUs ${group.join()}`);
      if (stepsDone < request.steps) {
        active.set(id, { ...request, stepsDone, lastGpus: group });
      } else {
        active.delete(id);
        const onTime = endMs <= request.deadlineMs;
        if (onTime) met++;
        console.log(`${endMs.toFixed(0)} ms: ${id} is done, ${onTime ? 'on time' : 'late'}`);
      }
    }
  }
  for (const { requestId, status, reason } of plan.outcomes) {
    if (status === 'deferred' || reason === 'late-waiting')
      console.log(`${nowMs.toFixed(0)} ms: ${requestId} is ${status} (${reason})`);
  }
  // The next round, or, if a long step ran over the end of this one, the boundary after that.
  const lastEndMs = Math.max(...plan.assignments.map(({ endMs }) => endMs));
  const roundMs = plan.endMs! - nowMs;
  nowMs = lastEndMs <= plan.endMs! ? plan.endMs! : nextBoundaryMs(lastEndMs, roundMs, plan.endMs!);
}

console.log(`${met} deadlines met`);
