import { leastGpuTimePlan } from '../../parallelism/index.js';
import { parseRequest, type GenerationRequest, type RefusalReason } from '../../model/index.js';
import { refusalOf } from './admission.js';
import { forecast } from './forecast.js';
import { usableGpus } from './health.js';
import { copyState, initialRequest, type CoreState } from './state.js';
import { newTurn, type CoreSettings } from './turn.js';

/** What a request could expect if it was submitted now. Nothing is promised: others may come, and things may fail. */
export interface Quote {
  /** Why it would be refused; `null` if it would be accepted. */
  readonly refusal: RefusalReason | null;
  /** Whether it would be complete by its deadline. */
  readonly canMeetDeadline: boolean;
  /**
   * When it would be complete, with all that is running and waiting now, in ms; `null` if that is further ahead than the forecast
   * can look, or never.
   */
  readonly earliestFinishMs: number | null;
  /** When it would be complete if it had all GPUs to itself, in ms; `null` if it fits no domain. */
  readonly unloadedFinishMs: number | null;
  /**
   * The least GPU time, in GPU ms, of its steps that meets the deadline, if it starts now; of its cheapest degree where none does.
   */
  readonly leastGpuTimeMs: number;
}

/**
 * Answers a request without taking it in.
 *
 * @throws `TetriError` where the submission would
 */
export function quote(now: CoreState, settings: CoreSettings, value: GenerationRequest, nowMs: number): Quote {
  const request = parseRequest(value, 'request');
  const state = copyState(now);
  state.nowMs = Math.max(state.nowMs, nowMs);
  const tracked = initialRequest(request, settings.admission.memoryBytesOf(request));
  const ahead = forecast(state, settings, request, Infinity);
  const finishMs = ahead.status === 'complete' ? ahead.finishMs : null;
  // Last, since it makes room in the state.
  const refusal = refusalOf(newTurn(state, settings), tracked);
  const times = settings.profile.shape(request.shape);
  const steps = request.steps - request.startStep;
  const sizes = new Map<number, number>();
  for (const { domain } of usableGpus(state, times.degrees[0] as number)) {
    sizes.set(domain, (sizes.get(domain) ?? 0) + 1);
  }
  const largest = Math.max(0, ...sizes.values());
  const fastestMs = Math.min(...times.stepMs.filter((_, index) => (times.degrees[index] as number) <= largest));
  const unloadedMs = state.nowMs + times.encodeMs + steps * fastestMs + times.decodeMs;
  const budgetMs = request.deadlineMs - times.decodeMs - times.encodeMs - state.nowMs;
  const plan = leastGpuTimePlan(times, steps, budgetMs);
  return {
    refusal: refusal?.reason ?? null,
    canMeetDeadline: finishMs !== null && finishMs <= request.deadlineMs,
    earliestFinishMs: finishMs,
    unloadedFinishMs: Number.isFinite(unloadedMs) ? unloadedMs : null,
    leastGpuTimeMs: plan?.gpuTimeMs ?? steps * (times.stepGpuMs[times.cheapest] as number),
  };
}
