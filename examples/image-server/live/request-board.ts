import type { RequestHandle, RequestOutcome, RequestProgress } from '@tetri/scheduler/scheduler';

/** A request that is not over, as it was last heard of. */
export interface BoardEntry {
  readonly handle: RequestHandle;
  readonly prompt: string;
  progress: RequestProgress;
  isEncoded: boolean;
  /** Of all steps. */
  stepsDone: number;
  /** When its progress came in, counted from 0: of two that claim a GPU, the later one is right. */
  heard: number;
}

/** Who is there, and how many ended how. Nothing is kept of a request that is over. */
export interface RequestBoard {
  readonly entries: ReadonlyMap<string, BoardEntry>;
  /** Of those that were refused, how many without having been submitted. */
  readonly unasked: number;
  readonly ended: { completed: number; onTime: number; failed: number; cancelled: number; refused: number };
  /** Follows a request that was submitted to its end. */
  follow(handle: RequestHandle, prompt: string): void;
  /** Counts requests that were refused without having been submitted. */
  refuse(count: number): void;
}

/** @param onChange - told whenever there is something new to see */
export function createRequestBoard(onChange: () => void): RequestBoard {
  const entries = new Map<string, BoardEntry>();
  const ended = { completed: 0, onTime: 0, failed: 0, cancelled: 0, refused: 0 };
  let heard = 0;
  let unasked = 0;

  const count = (outcome: RequestOutcome): void => {
    ended[outcome.status]++;
    if (outcome.status === 'completed' && outcome.onTime) ended.onTime++;
  };
  const follow = async (handle: RequestHandle, prompt: string): Promise<void> => {
    const progress: RequestProgress = { status: 'queued' };
    const entry: BoardEntry = { handle, prompt, progress, isEncoded: false, stepsDone: 0, heard: heard++ };
    if (await handle.accepted) entries.set(handle.id, entry);
    onChange();
    for await (const progress of handle.progress) {
      entry.progress = progress;
      entry.heard = heard++;
      if (progress.status === 'preparing') Object.assign(entry, { isEncoded: false, stepsDone: 0 });
      if (progress.status === 'running') Object.assign(entry, { isEncoded: true, stepsDone: progress.stepsDone });
      if (progress.status === 'decoding') Object.assign(entry, { isEncoded: true, stepsDone: handle.request.steps });
      onChange();
    }
    count(await handle.outcome);
    entries.delete(handle.id);
    onChange();
  };
  return {
    entries,
    ended,
    get unasked() {
      return unasked;
    },
    follow: (handle, prompt) => void follow(handle, prompt),
    refuse(count) {
      unasked += count;
      ended.refused += count;
      onChange();
    },
  };
}
