import { setImmediate } from 'node:timers/promises';
import type { RequestHandle } from '@tetri/scheduler/scheduler';
import type { Picture } from '../engines/image-engine.js';
import type { ServerContext } from '../server-context.js';
import type { ImageOrder } from './image-order.js';
import { outcomeError, tooBusy } from './outcome-error.js';
import { createOverloadGate, type Difficulty } from './overload-gate.js';
import { createRetryAfter } from './retry-after.js';

export type PictureHandle = RequestHandle<Picture>;

/** Submits orders. */
export type SubmitOrder = (order: ImageOrder, signal: AbortSignal) => Promise<readonly PictureHandle[]>;

/**
 * Makes what submits orders, all or nothing. What can be known beforehand is asked first: whether there are places for all. Whether a
 * deadline can be met is known only when the request is submitted: if one of several is refused, those before it are taken back. One order at
 * a time, and what else happens in between: to let a request in takes milliseconds.
 *
 * It throws `ApiError` 429 if there is too much to do, and 503 if nothing is taken.
 */
export function createSubmitOrder({
  settings,
  service,
  sizes,
  board,
}: Pick<ServerContext, 'settings' | 'service' | 'sizes' | 'board'>): SubmitOrder {
  const gate = createOverloadGate();
  const retryAfterS = createRetryAfter((shape) => sizes.fastestMs(shape));

  const submit: SubmitOrder = async ({ requests }, signal) => {
    if (signal.aborted) throw outcomeError({ status: 'cancelled' }, () => 1);
    const scheduler = service.accepting();
    const last = requests.at(-1)!.request;
    const difficulty: Difficulty = {
      count: requests.length,
      gpuTimeMs: sizes.leastGpuTimeMs(last.shape),
      slackMs: last.deadlineMs - scheduler.nowMs() - sizes.fastestMs(last.shape),
      weight: last.weight ?? 1,
    };
    const { waiting, running, decoding } = scheduler.status();
    const isFull = waiting + running + decoding + requests.length > settings.maxRequests;
    const known = isFull ? 'too_many_requests' : gate.refusal(difficulty);
    if (known !== undefined) {
      board.refuse(requests.length);
      throw tooBusy(known, retryAfterS(scheduler, last, known));
    }
    const startMs = performance.now();
    const handles: PictureHandle[] = [];
    for (const { request, payload } of requests) {
      const handle = scheduler.submit(request, { payload, signal });
      board.follow(handle, payload.prompt);
      handles.push(handle);
      if (await handle.accepted) continue;
      const tookMs = performance.now() - startMs;
      for (const other of handles) void other.cancel();
      const outcome = await handle.outcome;
      if (outcome.status === 'completed') throw new Error(`${handle.id} was not accepted, and is complete`);
      const error = outcomeError(outcome, (code) => retryAfterS(scheduler, last, code));
      const isLate = outcome.status === 'refused' && outcome.reason === 'deadline-infeasible';
      if (isLate) gate.refused(error.code, difficulty, tookMs);
      throw error;
    }
    return handles;
  };

  let turn: Promise<unknown> = Promise.resolve();
  return (order, signal) => {
    const submitted = turn.then(() => submit(order, signal));
    turn = submitted.catch(() => undefined).then(() => setImmediate());
    return submitted;
  };
}
