import { parseRequest } from '../../model/index.js';
import { refusalOf } from './admission.js';
import { crashDetail, isCrashLoop } from './crashes.js';
import type { SchedulerEvent } from './events.js';
import { fail, settle, settleEnding } from './settle.js';
import { initialRequest } from './state.js';
import type { Turn } from './turn.js';

/** Takes a request in, or refuses it. */
export function submit(turn: Turn, event: SchedulerEvent & { type: 'submit' }): void {
  const { state, settings } = turn;
  const parsed = parseRequest(event.request, 'request');
  // It is here, whatever its client's clock says.
  const request = { ...parsed, arrivalMs: Math.min(parsed.arrivalMs, state.nowMs) };
  const tracked = initialRequest(request, settings.admission.memoryBytesOf(request), event.crashes);
  const refusal = event.accepted === true ? undefined : refusalOf(turn, tracked);
  if (refusal !== undefined) {
    turn.commands.push({ type: 'settle', requestId: request.id, settlement: { status: 'refused', ...refusal } });
    return;
  }
  turn.changed = true;
  state.requests.set(request.id, tracked);
  if (isCrashLoop(settings, tracked)) fail(turn, request.id, 'crashed', crashDetail(tracked));
}

/** Takes a request back: at once, or, if GPUs work for it, when they are released. */
export function cancel(turn: Turn, requestId: string): void {
  end(turn, requestId, 'cancelled');
}

/** Gives every request up, and takes no new ones. */
export function close(turn: Turn, event: SchedulerEvent & { type: 'close' }): void {
  const { state } = turn;
  state.refusing ??= event.reason === 'closed' ? 'draining' : event.reason;
  for (const [requestId, tracked] of [...state.requests]) {
    const { reason, detail } = event;
    if (reason === 'closed' || tracked.ending !== null) end(turn, requestId, 'closed');
    else settle(turn, requestId, { status: 'failed', reason, detail });
  }
}

function end(turn: Turn, requestId: string, ending: 'cancelled' | 'closed'): void {
  const tracked = turn.state.requests.get(requestId);
  if (tracked === undefined || tracked.ending !== null) return;
  tracked.ending = ending;
  if (tracked.phase === 'decoding') {
    turn.commands.push({ type: 'abort-finish', requestId });
  } else if (tracked.phase !== 'running') {
    // Others may have waited for its sake.
    turn.changed = true;
    settleEnding(turn, requestId, ending);
  }
}

/** Stops the chunks that nobody wants any more; members of a batch that are still wanted keep theirs going. */
export function abortUnwanted({ state, commands }: Turn): void {
  for (const chunk of state.chunks.values()) {
    if (chunk.aborting || chunk.requestIds.some((id) => state.requests.get(id)?.ending === null)) continue;
    chunk.aborting = true;
    commands.push({ type: 'abort', chunkId: chunk.chunkId });
  }
}
