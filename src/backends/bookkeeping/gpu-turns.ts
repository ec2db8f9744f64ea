/** The use of some GPUs for a time. */
export interface Turn {
  readonly gpus: readonly number[];
  /** Called once, when all of its GPUs are its own. */
  readonly begin: () => void;
}

/**
 * Who uses which GPU: first come, first served. A turn takes its place in the queues of all its GPUs at once, and so waits only for
 * turns that came before it: however groups overlap, none waits for itself.
 */
export interface GpuTurns {
  /** Queues up; begins before it returns where nobody is before it. */
  take(turn: Turn): void;
  /** Ends a turn, or gives up its place; those that now are first begin. */
  leave(turn: Turn): void;
}

export function createGpuTurns(): GpuTurns {
  const queues = new Map<number, readonly Turn[]>();
  const begun = new WeakSet<Turn>();

  const beginIfFirst = (turn: Turn | undefined): void => {
    if (turn === undefined || begun.has(turn) || turn.gpus.some((gpu) => queues.get(gpu)?.[0] !== turn)) return;
    begun.add(turn);
    turn.begin();
  };

  return {
    take(turn) {
      for (const gpu of turn.gpus) queues.set(gpu, [...(queues.get(gpu) ?? []), turn]);
      beginIfFirst(turn);
    },
    leave(turn) {
      for (const gpu of turn.gpus) queues.set(gpu, queues.get(gpu)?.filter((other) => other !== turn) ?? []);
      for (const gpu of turn.gpus) beginIfFirst(queues.get(gpu)?.[0]);
    },
  };
}
