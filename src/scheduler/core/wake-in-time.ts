import { lastChanceMs } from './late.js';
import { nextChanceMs } from './second-chance.js';
import type { Turn } from './turn.js';
import { nextStallMs } from './watch.js';

/** Asks to be woken when the next thing happens by the passing of time alone, planning apart. */
export function wakeInTime(turn: Turn): void {
  const { state, settings, commands } = turn;
  const { nowMs } = state;
  let atMs = Math.min(nextStallMs(turn), nextChanceMs(turn));
  if (settings.whenLate === 'drop') {
    for (const tracked of state.requests.values()) {
      // A moment later: at its last chance it can still be met.
      if (tracked.phase === 'waiting') atMs = Math.min(atMs, lastChanceMs(settings, tracked) + 0.001);
    }
  }
  if (state.wakeMs !== null && state.wakeMs <= nowMs) state.wakeMs = null;
  if (!(atMs < Infinity) || (state.wakeMs !== null && state.wakeMs <= atMs)) return;
  state.wakeMs = Math.max(atMs, nowMs + 0.001);
  commands.push({ type: 'wake', atMs: state.wakeMs });
}
