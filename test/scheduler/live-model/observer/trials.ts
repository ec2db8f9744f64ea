/**
 * How often a request failed without getting further, by what the backend answered. Where an answer and the end of its call's chunk fall
 * into one moment, nobody outside knows which came first: then there are two truths, and both have to be reckoned with.
 */
export interface Trial {
  /** The most steps that were ever done, at least and at most. */
  furthest: { least: number; most: number };
  /** Failures since then that count against it, at least and at most. */
  failures: { least: number; most: number };
  /** What failed last. */
  lastFailure: 'steps' | 'decoding' | undefined;
  /** What `finish` delivered, and when. */
  artifact: { readonly value: unknown; readonly atMs: number } | undefined;
}

/** The trials of the requests that are alive. */
export interface Trials {
  readonly size: number;
  of(requestId: string): Trial | undefined;
  start(requestId: string, startStep: number): void;
  /** Steps are done. */
  advance(requestId: string, stepsDone: number): void;
  /** The steps that were done this very moment may not count: perhaps nobody waited for the answer any more. */
  doubt(requestId: string): void;
  /** The backend delivered. */
  finish(requestId: string, value: unknown): void;
  /** Something failed: that counts against it, or it may. */
  fail(requestId: string, what: 'steps' | 'decoding', counts: 'certainly' | 'possibly'): void;
  forget(requestId: string): void;
}

/** @param nowMs - the time on the clock of the backend */
export function createTrials(nowMs: () => number): Trials {
  const byId = new Map<string, Trial>();
  const before = new Map<string, { readonly atMs: number; readonly least: number; readonly failures: number }>();
  return {
    get size() {
      return byId.size;
    },
    of: (requestId) => byId.get(requestId),
    start(requestId, startStep) {
      if (byId.has(requestId)) return;
      const furthest = { least: startStep, most: startStep };
      const failures = { least: 0, most: 0 };
      byId.set(requestId, { furthest, failures, lastFailure: undefined, artifact: undefined });
    },
    advance(requestId, stepsDone) {
      const trial = byId.get(requestId);
      if (trial === undefined) return;
      const { furthest, failures } = trial;
      before.set(requestId, { atMs: nowMs(), least: furthest.least, failures: failures.most });
      // Steps that are done once more are no progress.
      if (stepsDone > furthest.least) [furthest.least, failures.least] = [stepsDone, 0];
      if (stepsDone > furthest.most) [furthest.most, failures.most] = [stepsDone, 0];
    },
    doubt(requestId) {
      const trial = byId.get(requestId);
      const last = before.get(requestId);
      if (trial === undefined || last?.atMs !== nowMs()) return;
      trial.furthest.least = last.least;
      trial.failures.most += last.failures;
    },
    fail(requestId, what, counts) {
      const trial = byId.get(requestId);
      if (trial === undefined) return;
      if (counts === 'certainly') trial.failures.least++;
      trial.failures.most++;
      trial.lastFailure = what;
    },
    finish(requestId, value) {
      const trial = byId.get(requestId);
      if (trial !== undefined) trial.artifact = { value, atMs: nowMs() };
    },
    forget(requestId) {
      byId.delete(requestId);
      before.delete(requestId);
    },
  };
}
