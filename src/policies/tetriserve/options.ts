import { duration, flag, nonNegative, optional, whole } from '../../model/check.js';
import { roundLengthMs, type PlanningInput } from '../../rounds/index.js';

/** How `tetriserve()` plans; the defaults are the paper's system. */
export interface TetriserveOptions {
  /** Steps a round, of the average shape: see `roundLengthMs()`. A whole number of at least 1. Default 5. */
  readonly stepGranularity?: number;
  /** The length of every round in ms, above 0, instead of the step granularity. Default: from the step granularity. */
  readonly roundMs?: number;
  /** Keep a request's GPUs from round to round where possible (placement preservation). Default `true`. */
  readonly placement?: boolean;
  /** Give idle GPUs to requests that could wait, and to those that gain by more (elastic scale-up). Default `true`. */
  readonly scaleUp?: boolean;
  /** Let requests of equal shape share GPUs when none would be left for them (selective batching). Default `true`. */
  readonly batching?: boolean;
  /**
   * The queueing delay that an allocation reckons with (the paper's Q, section 4.1), in rounds; at least 0. A request loses about a
   * round to boundaries: it waits for the next one, and steps that do not fit leave a tail. A plan that just meets its deadline
   * without counting that just misses it. Default 1.
   */
  readonly queueingRounds?: number;
}

/** The options with every default filled in; the round length still depends on the input. */
export interface TetriserveSettings {
  readonly roundMsOf: (input: PlanningInput) => number;
  readonly placement: boolean;
  readonly scaleUp: boolean;
  readonly batching: boolean;
  readonly queueingRounds: number;
}

/** Checks the options and fills in the defaults. */
export function parseOptions(options: TetriserveOptions): TetriserveSettings {
  const stepGranularity = optional(options.stepGranularity, 5, (value) => whole(value, 'stepGranularity', 1));
  const roundMs = options.roundMs === undefined ? undefined : duration(options.roundMs, 'roundMs');
  return {
    roundMsOf: (input) => roundMs ?? roundLengthMs(input, stepGranularity),
    placement: optional(options.placement, true, (value) => flag(value, 'placement')),
    scaleUp: optional(options.scaleUp, true, (value) => flag(value, 'scaleUp')),
    batching: optional(options.batching, true, (value) => flag(value, 'batching')),
    queueingRounds: optional(options.queueingRounds, 1, (value) => nonNegative(value, 'queueingRounds')),
  };
}

// With a type that knows when one is missing.
const names: Readonly<Record<keyof TetriserveOptions, true>> = {
  ...{ stepGranularity: true, roundMs: true, placement: true, scaleUp: true, batching: true, queueingRounds: true },
};

/** The options that there are. */
export const tetriserveOptionNames: readonly string[] = /* @__PURE__ */ Object.keys(names);
