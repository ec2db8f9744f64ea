import { flag, nonNegative, optional, whole } from '../../model/check.js';

/** How `horizon()` plans. */
export interface HorizonOptions {
  /**
   * How often the future is rolled forward for a plan, at most: each time finds one more request that cannot make it together with the
   * others. After so many, the rest is decided in one go, which gives up more than it has to. A whole number of at least 1.
   * Default 8.
   */
  readonly maxForecasts?: number;
  /**
   * How long a chunk of several steps may take, in ms, at least 0; a chunk has at least one. To start a chunk costs the scheduler and
   * the workers some milliseconds, and until it ends its GPUs are not to be had for others. Default: as long as the fastest step of the
   * largest request that is there, which the others have to wait for anyhow. Those that join a batch make it longer.
   */
  readonly chunkMs?: number;
  /**
   * Give up requests that cannot meet their deadlines together with the others. If `false`, each is asked alone whether it still can, as
   * in the paper. Default `true`.
   */
  readonly jointly?: boolean;
  /** Hold GPUs for requests that need more than are free. Default `true`. */
  readonly holding?: boolean;
  /** Let idle GPUs widen the groups that gain most by it. Default `true`. */
  readonly scaleUp?: boolean;
  /** Let requests of equal shape share GPUs where that costs less and nobody becomes late by it. Default `true`. */
  readonly batching?: boolean;
  /**
   * Part of a step that deadlines are kept clear of, at least 0: for steps that take longer than the profile says. Where the widest
   * degree is needed anyhow, it is not. Default 0.1.
   */
  readonly marginSteps?: number;
}

/** The options with every default filled in, except that of `chunkMs`, which depends on who is there. */
export type HorizonSettings = Required<Omit<HorizonOptions, 'chunkMs'>> & { readonly chunkMs: number | undefined };

/** Checks the options and fills in the defaults. */
export function parseOptions(options: HorizonOptions): HorizonSettings {
  return {
    maxForecasts: optional(options.maxForecasts, 8, (value) => whole(value, 'maxForecasts', 1)),
    chunkMs: optional(options.chunkMs, undefined, (value) => nonNegative(value, 'chunkMs')),
    jointly: optional(options.jointly, true, (value) => flag(value, 'jointly')),
    holding: optional(options.holding, true, (value) => flag(value, 'holding')),
    scaleUp: optional(options.scaleUp, true, (value) => flag(value, 'scaleUp')),
    batching: optional(options.batching, true, (value) => flag(value, 'batching')),
    marginSteps: optional(options.marginSteps, 0.1, (value) => nonNegative(value, 'marginSteps')),
  };
}

/** The options that there are. */
export const horizonOptionNames: readonly string[] = /* @__PURE__ */ Object.keys(/* @__PURE__ */ parseOptions({}));
