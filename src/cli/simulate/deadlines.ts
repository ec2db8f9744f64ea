import type { Profile, ShapeTimes } from '../../profile/index.js';
import { fastestSlo, paperBaseSloMs, paperSlo, type SloRule } from '../../simulation/index.js';

/** A rule for deadlines, and how it is called. */
export interface Deadlines {
  readonly base: 'paper' | 'fastest';
  readonly scale: number;
  readonly slo: SloRule;
}

/** What the choice of a rule depends on. */
export interface DeadlineOptions {
  /** Default: `paper` if every shape has an SLO in the paper and can meet it when it is alone on the cluster. */
  readonly base: 'paper' | 'fastest' | undefined;
  /** Default: 1 for `paper`, 2 for `fastest`. */
  readonly scale: number | undefined;
  readonly profile: Profile;
  readonly shapes: readonly string[];
  readonly steps: number;
  /** GPUs of the largest domain. */
  readonly largestDomain: number;
}

/** The rule that the user asked for, or else the one that makes sense. */
export function chooseDeadlines(options: DeadlineOptions): Deadlines {
  const { profile, shapes, steps, largestDomain } = options;
  const canMeetPaper = (shape: string): boolean => {
    const times = profile.shape(shape, '--shapes');
    return fastestMs(times, steps, largestDomain) <= (paperBaseSloMs[times.id] ?? -Infinity);
  };
  const base = options.base ?? (shapes.every(canMeetPaper) ? 'paper' : 'fastest');
  const scale = options.scale ?? (base === 'paper' ? 1 : 2);
  return { base, scale, slo: base === 'paper' ? paperSlo(scale) : fastestSlo(scale) };
}

/** The latency of a request alone on the cluster; infinite if no degree of its shape fits. */
function fastestMs({ encodeMs, stepMs, degrees, decodeMs }: ShapeTimes, steps: number, largestDomain: number): number {
  const fitting = stepMs.filter((_, index) => degrees[index]! <= largestDomain);
  return encodeMs + steps * Math.min(...fitting) + decodeMs;
}
