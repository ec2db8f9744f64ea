import { flag, nonNegative, optional, whole } from '../../model/check.js';

/** How `horizon()` plans. */
export interface HorizonOptions {
  /**
   * How often the future is rolled forward for a plan, at most: each time finds one more request that cannot make it together with the
   * others. After so many, the rest is decided in one go, which gives up more than it has to. A whole number of at least 1.
   * Default 8.
   */
  readonly maxForecasts?: number;
  /** Let requests of equal shape share GPUs where that costs less and nobody becomes late by it. Default `true`. */
  readonly batching?: boolean;
  /**
   * Part of a step that deadlines are kept clear of, at least 0: for steps that take longer than the profile says. Where the widest
   * degree is needed anyhow, it is not. Default 0.1.
   */
  readonly marginSteps?: number;
}

/** The options with every default filled in. */
export type HorizonSettings = Required<HorizonOptions>;

/** Checks the options and fills in the defaults. */
export function parseOptions(options: HorizonOptions): HorizonSettings {
  return {
    maxForecasts: optional(options.maxForecasts, 8, (value) => whole(value, 'maxForecasts', 1)),
    batching: optional(options.batching, true, (value) => flag(value, 'batching')),
    marginSteps: optional(options.marginSteps, 0.1, (value) => nonNegative(value, 'marginSteps')),
  };
}

/** The options that there are. */
export const horizonOptionNames: readonly string[] = /* @__PURE__ */ Object.keys(/* @__PURE__ */ parseOptions({}));
