import type { Backend, BackendDescription, BackendEvent } from '../../backends/index.js';
import { demand, describe, failure, isFailure } from './expectations.js';
import type { BackendHarness } from './harness.js';
import type { BackendConformanceOptions } from './options.js';
import { createWaits } from './waits.js';

/** One run of one case on a fresh backend: makes its calls, bounds every wait, and notes what no case may see. */
export interface Trial {
  readonly declared: BackendConformanceOptions;
  readonly harness: BackendHarness;
  readonly backend: Backend;
  /** What was reported so far. */
  readonly events: readonly BackendEvent[];
  /** Opens the backend. */
  open(): Promise<BackendDescription>;
  /** What `open` told last. */
  description(): BackendDescription;
  /** Whether it was opened. */
  isOpened(): boolean;
  /** Closes the backend. */
  close(): Promise<void>;
  /** Whether `close` was called. */
  isClosing(): boolean;
  /** Makes a call of the backend, or of the harness. What it throws is a rejection; no answer is a failure. */
  call<T>(what: string, make: () => T | Promise<T>): Promise<T>;
  /** Resolves when `isTrue`; looks again whenever the backend tells something. */
  until(what: string, isTrue: () => boolean): Promise<void>;
  /** To be called when the backend told something. */
  noticed(): void;
  /** Notes something that is wrong whatever the case is about; it fails at its end. */
  note(violation: string): void;
  /** Fails if anything was noted. */
  settleNotes(): void;
  /** What a case fails with that ended with this error. */
  explain(error: unknown): Error;
}

/** The trial of one case. */
export function createTrial(declared: BackendConformanceOptions, harness: BackendHarness): Trial {
  const { backend } = harness;
  const waits = createWaits(declared.timeoutMs ?? 2000, harness.advanceUntil?.bind(harness));
  const events: BackendEvent[] = [];
  const looks = new Set<() => void>();
  const notes: string[] = [];
  const callOf = new Map<unknown, string>();
  let isClosing = false;
  let description: BackendDescription | undefined;

  const noticed = (): void => {
    for (const look of looks) look();
  };
  const call = <T>(what: string, make: () => T | Promise<T>): Promise<T> => {
    const answer = waits.bounded(start(what, make), what);
    answer.catch((error: unknown) => {
      callOf.set(error, what);
    });
    return answer;
  };

  const trial: Trial = {
    declared,
    harness,
    backend,
    events,
    async open() {
      description = await call('open()', () =>
        backend.open((event) => {
          if (isClosing) trial.note(`the event ${event.type} was reported after the call of close()`);
          events.push(event);
          noticed();
        }),
      );
      return description;
    },
    description() {
      demand(description !== undefined, 'the backend is not open');
      return description;
    },
    isOpened: () => description !== undefined,
    close() {
      isClosing = true;
      return call('close()', () => backend.close());
    },
    isClosing: () => isClosing,
    call,
    until: (what, isTrue) =>
      waits.bounded(
        new Promise<void>((resolve) => {
          const look = (): void => {
            if (!isTrue()) return;
            looks.delete(look);
            resolve();
          };
          looks.add(look);
          look();
        }),
        `the wait for ${what}`,
      ),
    noticed,
    note: (violation) => void notes.push(violation),
    settleNotes() {
      if (notes.length > 0) throw failure([...new Set(notes)].join('; '));
    },
    explain(error) {
      if (isFailure(error)) return error;
      const what = callOf.get(error);
      if (what === undefined) return error instanceof Error ? error : failure(String(error), error);
      return failure(`${what} has to resolve here; it rejected with ${describe(error)}`, error);
    },
  };
  return trial;
}

/** A promise of the answer, also where there is none. */
async function start<T>(what: string, make: () => T | Promise<T>): Promise<T> {
  let answer: T | Promise<T>;
  try {
    answer = make();
  } catch (error) {
    throw failure(`${what} threw ${describe(error)}; it has to return a promise, which may reject`, error);
  }
  return answer;
}
