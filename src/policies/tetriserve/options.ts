import { flag, nonNegative, positive, whole } from '../../model/check.js';
import { roundLengthMs, type PlanningInput } from '../../rounds/index.js';

/** How `tetriserve()` plans; the defaults are the paper's system. */
export interface TetriserveOptions {
  /** Steps a round, of the average request: see `roundLengthMs()`. A whole number of at least 1. Default 5. */
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
   * Slack that an allocation keeps for what the profile does not know (changes of degree, jitter), as a share of the
   * fastest step of the request; at least 0. Without it the plan that just meets a deadline just misses it. Default 0.25.
   */
  readonly marginSteps?: number;
}

/** The options with every default filled in; the round length still depends on the requests. */
export interface TetriserveSettings {
  readonly roundMsOf: (input: PlanningInput) => number;
  readonly placement: boolean;
  readonly scaleUp: boolean;
  readonly batching: boolean;
  readonly marginSteps: number;
}

/** Checks the options and fills in the defaults. */
export function parseOptions(options: TetriserveOptions): TetriserveSettings {
  const stepGranularity = whole(options.stepGranularity ?? 5, 'stepGranularity', 1);
  const roundMs = options.roundMs === undefined ? undefined : positive(options.roundMs, 'roundMs');
  return {
    roundMsOf: (input) => roundMs ?? roundLengthMs(input, stepGranularity),
    placement: flag(options.placement ?? true, 'placement'),
    scaleUp: flag(options.scaleUp ?? true, 'scaleUp'),
    batching: flag(options.batching ?? true, 'batching'),
    marginSteps: nonNegative(options.marginSteps ?? 0.25, 'marginSteps'),
  };
}
