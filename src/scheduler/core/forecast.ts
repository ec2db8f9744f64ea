import type { CompleteRequest } from '../../model/index.js';
import type { SchedulerCommand } from './commands.js';
import type { SchedulerEvent } from './events.js';
import { copyState, type CoreState } from './state.js';
import { takeTurn } from './take-turn.js';
import type { CoreSettings } from './turn.js';

/**
 * What a forecast may take: the sum over turns of the scheduler of {@link costOfTurn}. A budget in work, so that the answer does not depend on the
 * machine; `npm run bench quote` tells what it comes to.
 */
const budget = 50_000;

/** What a turn costs with so many active requests: little beside its plan, and plans grow faster than the number of requests. */
function costOfTurn(requests: number): number {
  return 1 + requests + requests ** 2 / 64;
}

/**
 * What the forecast says of a request: complete at a time; `late` if it is not complete by the time it was asked about, or never;
 * `unknown` if that is further ahead than it can look.
 */
export type Forecast =
  | { readonly status: 'complete'; readonly finishMs: number }
  | { readonly status: 'late' }
  | { readonly status: 'unknown' };

/**
 * Plays the scheduler forward with one more request: the same core and the same policy, on a copy of the state, with everything taking
 * as long as the profile says, nobody else arriving and nothing failing.
 *
 * @param untilMs - how far to look, in ms
 */
export function forecast(now: CoreState, settings: CoreSettings, request: CompleteRequest, untilMs: number): Forecast {
  const state = copyState(now);
  state.refusing = null;
  // A plan that is due at this moment sees the newcomer too, as it would if it was submitted.
  const wakes = new Set<number>();
  let commands = takeTurn(state, settings, [{ type: 'submit', atMs: state.nowMs, request, accepted: true }]);
  for (let spent = 0; spent < budget; spent += costOfTurn(state.requests.size)) {
    const end = endOf(request.id, commands);
    if (end !== undefined)
      return end === 'completed' ? { status: 'complete', finishMs: state.nowMs } : { status: 'late' };
    for (const command of commands) if (command.type === 'wake') wakes.add(command.atMs);
    const events = nextEvents(state, wakes);
    const [first] = events;
    if (first === undefined || first.atMs > untilMs) return { status: 'late' };
    commands = takeTurn(state, settings, events);
  }
  return { status: 'unknown' };
}

function endOf(requestId: string, commands: readonly SchedulerCommand[]): string | undefined {
  for (const command of commands) {
    if (command.type === 'settle' && command.requestId === requestId) return command.settlement.status;
  }
  return undefined;
}

/** All that happens at the next moment at which anything does. */
function nextEvents(state: CoreState, wakes: Set<number>): SchedulerEvent[] {
  let atMs = Infinity;
  for (const { endMs } of state.chunks.values()) atMs = Math.min(atMs, endMs);
  for (const { phase, decodeEndMs } of state.requests.values()) {
    if (phase === 'decoding') atMs = Math.min(atMs, decodeEndMs);
  }
  for (const wakeMs of wakes) atMs = Math.min(atMs, wakeMs);
  if (atMs === Infinity) return [];
  // What should have ended already ends now.
  atMs = Math.max(atMs, state.nowMs);
  const events: SchedulerEvent[] = [];
  for (const { chunkId, endMs, steps } of state.chunks.values()) {
    if (endMs <= atMs + 1e-6) events.push({ type: 'chunk-done', atMs, chunkId, steps });
  }
  for (const [requestId, { phase, decodeEndMs }] of state.requests) {
    if (phase === 'decoding' && decodeEndMs <= atMs + 1e-6) events.push({ type: 'finished', atMs, requestId });
  }
  for (const wakeMs of wakes) {
    if (wakeMs > atMs) continue;
    wakes.delete(wakeMs);
    if (events.length === 0) events.push({ type: 'time', atMs });
  }
  return events;
}
