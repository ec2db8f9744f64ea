/** Some steps of one request, or of a batch of equal shapes, on named GPUs. */
export interface Assignment {
  /** The request, or the members of a batch; at least one. */
  readonly requestIds: readonly string[];
  /** The GPUs of the group, all of one NVLink domain. The first one also encodes before and decodes after the steps. */
  readonly gpus: readonly number[];
  /** The sequence-parallel degree; always `gpus.length`. */
  readonly degree: number;
  /** Denoising steps for every member, at least 1. */
  readonly steps: number;
  /** When it starts, in ms. */
  readonly startMs: number;
  /** When the last step is predicted to end, in ms: encoding (if still due) and the steps; decoding comes after. */
  readonly endMs: number;
}

/**
 * Why a request runs.
 *
 * | reason | meaning |
 * |---|---|
 * | `mid-chunk` | its current steps have not ended; nothing was decided |
 * | `least-gpu-time` | this degree is part of the plan that costs least GPU time and meets the deadline |
 * | `scaled-up` | it got more GPUs than it needs, because they would have been idle |
 * | `idle-gpus` | it could have waited, but GPUs would have been idle |
 * | `batched` | it shares GPUs with requests of the same shape |
 * | `fixed-degree` | the policy always uses this degree, or always for this shape |
 * | `smallest-feasible-degree` | the smallest degree that still meets the deadline |
 */
export type RunningReason =
  'mid-chunk' | 'least-gpu-time' | 'scaled-up' | 'idle-gpus' | 'batched' | 'fixed-degree' | 'smallest-feasible-degree';

/**
 * Why a request waits.
 *
 * | reason | meaning |
 * |---|---|
 * | `not-arrived` | its arrival lies after this round's start |
 * | `can-wait` | it does not run, and can still meet its deadline after this round |
 * | `no-capacity` | it would need GPUs now, but others were worth more |
 * | `no-placement` | enough GPUs are free, but not inside one NVLink domain |
 * | `gpus-held` | GPUs are held back for it (or by it) until enough are free |
 */
export type DeferredReason = 'not-arrived' | 'can-wait' | 'no-capacity' | 'no-placement' | 'gpus-held';

/**
 * How a request that cannot meet its deadline any more is treated.
 *
 * | reason | meaning |
 * |---|---|
 * | `late-running` | it uses GPUs that nobody else needs |
 * | `late-waiting` | there are none |
 */
export type BestEffortReason = 'late-running' | 'late-waiting';

/**
 * Why a request cannot run at all on the GPUs at hand.
 *
 * | reason | meaning |
 * |---|---|
 * | `no-fitting-degree` | every degree that its shape has is larger than the largest domain |
 * | `no-gpus` | the round has no GPU |
 */
export type InfeasibleReason = 'no-fitting-degree' | 'no-gpus';

/** What a plan decided for one request. Every request of the input has exactly one. */
export type PlanOutcome =
  | {
      readonly requestId: string;
      /** In an assignment (or mid-chunk), and still able to meet its deadline. */
      readonly status: 'running';
      readonly reason: RunningReason;
    }
  | {
      readonly requestId: string;
      /** In no assignment; it may still meet its deadline unless the reason says otherwise. */
      readonly status: 'deferred';
      readonly reason: DeferredReason;
    }
  | {
      readonly requestId: string;
      /** Definitely late: its deadline cannot be met even at the fastest degree from now on. */
      readonly status: 'best-effort';
      readonly reason: BestEffortReason;
    }
  | {
      readonly requestId: string;
      /** It cannot run on these GPUs at all. */
      readonly status: 'infeasible';
      readonly reason: InfeasibleReason;
    };

/** What to do from `startMs` on. Plain data: it survives JSON unchanged. */
export interface RoundPlan {
  /** The time of planning, in ms: `nowMs` of the input. */
  readonly startMs: number;
  /** When to plan again at the latest, in ms: the end of the round; `null` for policies that plan at the next event. */
  readonly endMs: number | null;
  /** Who runs where; no GPU and no request stands in two of them. In ascending order of the first GPU. */
  readonly assignments: readonly Assignment[];
  /** One outcome a request, in the total order of requests. */
  readonly outcomes: readonly PlanOutcome[];
}
