import type { Abandoned, TrackedGpu } from './state.js';
import type { Turn } from './turn.js';

/** Takes GPUs for lost on account of something that never ended. */
export function abandon({ state }: Turn, abandoned: Abandoned): void {
  for (const id of abandoned.gpus) (state.gpus.get(id) as TrackedGpu).lost = true;
  state.abandoned = [...state.abandoned, abandoned];
}

/** Whether a GPU works as far as is known, but for what was given up on it. */
export function isAnswering({ state }: Turn, { id, lost }: TrackedGpu): boolean {
  return !lost || state.abandoned.some(({ gpus }) => gpus.includes(id));
}

/** What was given up has ended after all: its GPUs can be used again, unless something else that was given up still keeps them. */
export function takeBack(turn: Turn, isMeant: (abandoned: Abandoned) => boolean): void {
  const { state } = turn;
  const abandoned = state.abandoned.find(isMeant);
  if (abandoned === undefined) return;
  state.abandoned = state.abandoned.filter((other) => other !== abandoned);
  for (const id of abandoned.gpus) {
    (state.gpus.get(id) as TrackedGpu).lost = state.abandoned.some(({ gpus }) => gpus.includes(id));
  }
  turn.changed = true;
}
